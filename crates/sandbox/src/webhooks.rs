//! Webhooks on their way: lost, doubled, late, out of order, tried again.

use crate::agenda::{Message, Outgoing, Step};
use crate::chance::{Span, happens, stream};
use crate::messages;
use crate::slips::TimestampSlip;
use crate::target::Topic;
use crate::world::{Delivery, World};

/// How long a message waits to change places with the next before it goes all the same.
const HELD_MS: i64 = 30_000;

impl Message {
    fn topic(self) -> Topic {
        match self {
            Message::Status(_) => Topic::StatusUpdate,
            Message::EndOfCallReport => Topic::EndOfCallReport,
            Message::AssistantStarted => Topic::AssistantStarted,
            Message::SpeechUpdate { .. } => Topic::SpeechUpdate,
            Message::SpeechStarted { .. } => Topic::SpeechStarted,
            Message::ConversationUpdate => Topic::ConversationUpdate,
            Message::Transcript { partial: true, .. } => Topic::TranscriptPartial,
            Message::Transcript { partial: false, .. } => Topic::TranscriptFinal,
            Message::UserInterrupted => Topic::UserInterrupted,
            Message::Hang => Topic::Hang,
            Message::ToolCalls => Topic::ToolCalls,
        }
    }
}

impl World {
    /// Puts a message on its way if somebody wants it, with whatever befalls it.
    pub(crate) fn emit(&mut self, index: usize, message: Message, now_ms: i64) {
        let call = self.book.get_mut(index);
        if call.terms.receiver(message.topic()).is_none() {
            return;
        }
        call.messages_due += 1;
        let nth = call.messages_due.to_string();
        let mut rng = stream(self.settings.seed, "webhook", &[&call.key, &nth]);
        let faults = &self.faults;
        let lost = happens(&mut rng, faults.webhook_lost);
        let delay_ms = faults.webhook_delay_ms.draw(&mut rng);
        let delayed = happens(&mut rng, faults.webhook_delayed);
        let again_ms = Span::new(200, 30_000).draw(&mut rng);
        let again = happens(&mut rng, faults.webhook_duplicated);
        let held = happens(&mut rng, faults.webhook_reordered);
        let mut rng = stream(self.settings.seed, "webhook timestamp", &[&call.key, &nth]);
        let slip = TimestampSlip::draw(faults, &mut rng);
        if let Some(fault) = slip.fault() {
            self.counts.fault(fault);
        }
        let earlier = call.held.take();
        let outgoing = Box::new(Outgoing {
            call: index,
            message,
            event_ms: now_ms,
            slip,
            attempt: 0,
        });
        if lost {
            self.counts.webhooks.lost += 1;
        } else {
            let due_ms = if delayed { now_ms + delay_ms } else { now_ms };
            self.counts.webhooks.delayed += u64::from(delayed);
            if again {
                self.counts.webhooks.duplicated += 1;
                self.agenda
                    .add(due_ms + again_ms, index, Step::Send(outgoing.clone()));
            }
            if held && !delayed && earlier.is_none() {
                self.book.get_mut(index).held = Some(outgoing);
                self.agenda.add(now_ms + HELD_MS, index, Step::ReleaseHeld);
            } else {
                self.agenda.add(due_ms, index, Step::Send(outgoing));
            }
        }
        if let Some(earlier) = earlier {
            self.counts.webhooks.reordered += 1;
            self.agenda.add(now_ms + 50, index, Step::Send(earlier));
        }
    }

    pub(crate) fn release_held(&mut self, index: usize, now_ms: i64) {
        let is_old = |held: &Outgoing| now_ms - held.event_ms >= HELD_MS;
        if let Some(held) = self.book.get_mut(index).held.take_if(|held| is_old(held)) {
            self.agenda.add(now_ms, index, Step::Send(held));
        }
    }

    /// Hands a message over for sending. While the provider is down, half are lost and half wait.
    pub(crate) fn send(&mut self, outgoing: Outgoing, now_ms: i64) {
        let call = self.book.get(outgoing.call);
        let up_again_ms = self.up_again_ms(now_ms);
        if up_again_ms > now_ms {
            let nth = outgoing.event_ms.to_string();
            let mut rng = stream(
                self.settings.seed,
                "down",
                &[&call.key, outgoing.message.kind(), &nth],
            );
            if happens(&mut rng, 0.5) {
                self.counts.webhooks.lost += 1;
            } else {
                self.counts.webhooks.delayed += 1;
                let due_ms = up_again_ms.saturating_add(Span::new(0, 5_000).draw(&mut rng));
                self.agenda
                    .add(due_ms, outgoing.call, Step::Send(Box::new(outgoing)));
            }
            return;
        }
        let Some(target) = call.terms.receiver(outgoing.message.topic()).cloned() else {
            return;
        };
        let body = messages::body(call, &outgoing, &self.settings, &self.told, now_ms);
        let call_id = call.id.to_string();
        let id = self.new_delivery_id();
        self.counts.webhooks.sent += 1;
        self.counts.webhooks.retried += u64::from(outgoing.attempt > 0);
        self.outbox.push(Delivery {
            id,
            url: target.url.clone(),
            headers: target.headers.clone(),
            body,
            call_id,
            kind: outgoing.message.kind().to_owned(),
            timeout_ms: target.timeout_ms,
        });
        if outgoing.message == Message::ToolCalls {
            self.asking.insert(id, outgoing.call);
        }
        if target.backoff.is_some() {
            self.awaiting.insert(id, outgoing);
        }
    }

    /// Plans another attempt of a failed message, as far as its `backoffPlan` goes.
    pub(crate) fn try_again(&mut self, mut outgoing: Outgoing, status: Option<u16>, now_ms: i64) {
        let terms = &self.book.get(outgoing.call).terms;
        let target = terms.receiver(outgoing.message.topic()).cloned();
        let backoff = target.as_ref().and_then(|target| target.backoff.as_ref());
        if let Some(delay_ms) = backoff.and_then(|backoff| backoff.delay_ms(outgoing.attempt, status)) {
            outgoing.attempt += 1;
            let call = outgoing.call;
            self.agenda
                .add(now_ms + delay_ms, call, Step::Send(Box::new(outgoing)));
        }
    }
}
