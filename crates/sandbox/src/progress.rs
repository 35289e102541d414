//! Moves calls along: what happens to a person, and when the provider's record learns of it.

use crate::agenda::{Message, Step};
use crate::call::Status;
use crate::chance::{Span, happens, stream};
use crate::conversation::Speaker;
use crate::create::NO_LINE;
use crate::directory::NumberStatus;
use crate::lives::CalledWhileLive;
use crate::plan::Plan;
use crate::script::Stuck;
use crate::target::Topic;
use crate::world::World;

/// How often a scheduled call without a free line looks again.
const LOOK_AGAIN_MS: i64 = 15_000;

impl World {
    pub(crate) fn step(&mut self, index: usize, step: Step, now_ms: i64) {
        match step {
            Step::Place => self.place_scheduled(index, now_ms),
            Step::Refuse => self.end_without_a_call(index, NO_LINE, now_ms),
            Step::Unstick => self.unstick(index, now_ms),
            Step::FreeLine => self.free_line(index),
            Step::Report => self.report(index, now_ms),
            Step::ReleaseHeld => self.release_held(index, now_ms),
            Step::Send(outgoing) => self.send(*outgoing, now_ms),
            Step::LateChange(change) => self.change_late(&change, now_ms),
            // What is left is part of a call, and nothing more happens in one that is over.
            _ if self.book.get(index).truly_ended_ms.is_some() => {}
            Step::Queued => self.emit(index, Message::Status(Status::Queued), now_ms),
            Step::Ring => {
                self.book.get_mut(index).ringing_ms = Some(now_ms);
                self.enter(index, Status::Ringing, now_ms);
            }
            Step::Answer => self.picked_up(index, now_ms),
            Step::LineBegins(line) => self.line_begins(index, line, now_ms),
            Step::LineEnds(line) => self.line_ends(index, line, now_ms),
            Step::CallTool => self.call_tool(index, now_ms),
            Step::HungUpByControl(command) => self.hung_up_by_control(index, command, now_ms),
            Step::Forward => self.enter(index, Status::Forwarding, now_ms),
            Step::End => self.end(index, now_ms),
        }
    }

    /// Begins dialling. There must be a free line.
    pub(crate) fn place(&mut self, index: usize, now_ms: i64) {
        let seed = self.settings.seed;
        let call = self.book.get_mut(index);
        let mut rng = stream(seed, "fate", &[&call.key]);
        let usual = self.settings.people.usual(seed, &call.number);
        let plan = Plan::draw(
            &self.settings.people,
            usual,
            call.script.as_ref(),
            call.terms.limits,
            &mut rng,
        );
        call.placed_ms = Some(now_ms);
        call.holds_line = true;
        let mut rng = stream(seed, "stuck", &[&call.key]);
        let forever = happens(&mut rng, self.faults.stuck_forever);
        let for_a_time = happens(&mut rng, self.faults.stuck);
        let stuck_ms = self.faults.stuck_ms.draw(&mut rng);
        call.stuck = match call.script.as_ref().and_then(|script| script.stuck) {
            Some(Stuck::For(length_ms)) => Some(Stuck::For(length_ms.or(Some(stuck_ms)))),
            Some(Stuck::Forever) => Some(Stuck::Forever),
            None if plan.answer_ms.is_none() => None,
            None if forever => Some(Stuck::Forever),
            None => for_a_time.then_some(Stuck::For(Some(stuck_ms))),
        };
        let queued_ms = Span::new(150, 400).draw(&mut stream(seed, "queued", &[&call.key]));
        if queued_ms < plan.end_ms {
            self.agenda.add(now_ms + queued_ms, index, Step::Queued);
        }
        let steps = [
            (plan.ring_ms, Step::Ring),
            (plan.answer_ms, Step::Answer),
            (plan.forward_ms, Step::Forward),
        ];
        for (after_ms, step) in steps {
            if let Some(after_ms) = after_ms {
                self.agenda.add(now_ms + after_ms, index, step);
            }
        }
        self.agenda.add(now_ms + plan.end_ms, index, Step::End);
        let live = self.counts.lives.begin(&call.number, index);
        self.counts.numbers.add(&call.number);
        if let Some(our_id) = &call.our_id {
            self.counts.attempts.add(our_id);
        }
        call.plan = Some(plan);
        let overlaps = live.into_iter().map(|live| {
            let (call, live) = (self.book.get(index), self.book.get(live));
            CalledWhileLive::of(call, live, now_ms)
        });
        self.counts.lives.called_while_live.extend(overlaps);
        self.live += 1;
        self.counts.peak_live = self.counts.peak_live.max(self.live);
    }

    fn place_scheduled(&mut self, index: usize, now_ms: i64) {
        let call = self.book.get(index);
        if call.deleted {
            return;
        }
        let gone = call
            .echo
            .assistant_id
            .is_some_and(|id| !self.directory.assistants.contains_key(&id));
        let number = call
            .echo
            .phone_number_id
            .and_then(|id| self.directory.numbers.get(&id));
        let mute = number.is_some_and(|number| number.status != NumberStatus::Active);
        let late = call.latest_ms.is_some_and(|latest_ms| now_ms > latest_ms);
        let reason = match (gone, mute, late) {
            (true, _, _) => Some("call.start.error-get-assistant"),
            (_, true, _) => Some("call.start.error-get-phone-number"),
            (_, _, true) => Some(NO_LINE),
            _ => None,
        };
        if let Some(reason) = reason {
            return self.cancel_scheduled(index, reason, now_ms);
        }
        if self.live >= self.settings.account_lines {
            return self.agenda.add(now_ms + LOOK_AGAIN_MS, index, Step::Place);
        }
        self.book.get_mut(index).status = Status::Queued;
        self.book.touch(index, now_ms);
        self.place(index, now_ms);
    }

    /// Ends a scheduled call that was never dialled.
    pub(crate) fn cancel_scheduled(&mut self, index: usize, reason: &str, now_ms: i64) {
        self.book.get_mut(index).truly_ended_ms = Some(now_ms);
        self.counts.calls_ended += 1;
        self.end_without_a_call(index, reason, now_ms);
    }

    /// Ends a record behind which nobody was ever dialled.
    fn end_without_a_call(&mut self, index: usize, reason: &str, now_ms: i64) {
        let call = self.book.get_mut(index);
        call.status = Status::Ended;
        call.ended_reason = Some(reason.to_owned());
        call.record_ended_ms = Some(now_ms);
        self.book.touch(index, now_ms);
        self.emit(index, Message::Status(Status::Ended), now_ms);
    }

    fn enter(&mut self, index: usize, status: Status, now_ms: i64) {
        self.book.get_mut(index).status = status;
        self.book.touch(index, now_ms);
        self.emit(index, Message::Status(status), now_ms);
    }

    fn picked_up(&mut self, index: usize, now_ms: i64) {
        self.book.get_mut(index).started_ms = Some(now_ms);
        self.enter(index, Status::InProgress, now_ms);
        self.emit(index, Message::AssistantStarted, now_ms);
        self.plan_tool_call(index);
        let terms = &self.book.get(index).terms;
        if terms.target.is_some() && terms.subscriptions.follow_the_talk() {
            self.next_line(index, 0, now_ms);
        }
    }

    fn next_line(&mut self, index: usize, line: usize, now_ms: i64) {
        let call = self.book.get(index);
        let lines = call.lines(self.settings.seed, i64::MAX);
        if let (Some(next), Some(started_ms)) = (lines.get(line), call.started_ms) {
            self.agenda.add(
                (started_ms + next.from_ms).max(now_ms),
                index,
                Step::LineBegins(line),
            );
        }
    }

    fn line_begins(&mut self, index: usize, line: usize, now_ms: i64) {
        let call = self.book.get(index);
        let lines = call.lines(self.settings.seed, i64::MAX);
        let (Some(begun), Some(started_ms)) = (lines.get(line), call.started_ms) else {
            return;
        };
        let speaker = begun.speaker;
        let mut rng = stream(self.settings.seed, "line", &[&call.key, &line.to_string()]);
        let (interrupts, hangs) = (happens(&mut rng, 0.05), happens(&mut rng, 0.02));
        self.agenda.add(
            (started_ms + begun.to_ms).max(now_ms),
            index,
            Step::LineEnds(line),
        );
        match speaker {
            Speaker::Assistant if hangs => self.emit(index, Message::Hang, now_ms),
            Speaker::Customer if interrupts => self.emit(index, Message::UserInterrupted, now_ms),
            _ => {}
        }
        self.emit(index, Message::SpeechUpdate { line, started: true }, now_ms);
        if speaker == Speaker::Assistant {
            self.emit(index, Message::SpeechStarted { line }, now_ms);
        }
        self.emit(index, Message::Transcript { line, partial: true }, now_ms);
    }

    fn line_ends(&mut self, index: usize, line: usize, now_ms: i64) {
        self.emit(index, Message::SpeechUpdate { line, started: false }, now_ms);
        self.emit(index, Message::Transcript { line, partial: false }, now_ms);
        self.emit(index, Message::ConversationUpdate, now_ms);
        self.next_line(index, line + 1, now_ms);
    }

    /// The call is truly over. Its record says so now, later, or never.
    pub(crate) fn end(&mut self, index: usize, now_ms: i64) {
        let call = self.book.get_mut(index);
        call.truly_ended_ms = Some(now_ms);
        self.counts.calls_ended += 1;
        if let Some(command) = call.ended_by_command {
            self.counts.calls_hung_up_by_control += 1;
            self.counts.controls[command].hung_up_at_ms = Some(now_ms);
        }
        let stuck_until_ms = match call.stuck {
            None => return self.end_record(index, now_ms, true),
            Some(Stuck::Forever) => None,
            Some(Stuck::For(length_ms)) => Some(now_ms + length_ms.unwrap_or(0)),
        };
        if let Some(until_ms) = stuck_until_ms {
            self.agenda.add(until_ms, index, Step::Unstick);
        }
        if let Some(max_end_ms) = call.max_end_ms() {
            self.agenda.add(max_end_ms.max(now_ms), index, Step::FreeLine);
        }
        let wanted = |topic| call.terms.target.is_some() && call.terms.subscriptions.wants(topic);
        let lost = [Topic::StatusUpdate, Topic::EndOfCallReport]
            .into_iter()
            .filter(|topic| wanted(*topic));
        self.counts.webhooks.lost += lost.count() as u64;
    }

    fn unstick(&mut self, index: usize, now_ms: i64) {
        self.book.get_mut(index).reported = true;
        self.end_record(index, now_ms, false);
    }

    fn end_record(&mut self, index: usize, now_ms: i64, tells: bool) {
        let seed = self.settings.seed;
        let call = self.book.get_mut(index);
        call.status = Status::Ended;
        call.record_ended_ms = Some(now_ms);
        call.ended_reason = call.plan.as_ref().map(|plan| plan.ended_reason.clone());
        let mut rng = stream(seed, "report", &[&call.key]);
        let analysis_ms = self.settings.people.analysis_ms.draw(&mut rng);
        let reports = call.started_ms.is_some() || happens(&mut rng, self.settings.people.report_unanswered);
        self.book.touch(index, now_ms);
        self.free_line(index);
        if tells {
            self.emit(index, Message::Status(Status::Ended), now_ms);
            if reports {
                self.agenda.add(now_ms + analysis_ms, index, Step::Report);
            }
        }
    }

    fn report(&mut self, index: usize, now_ms: i64) {
        self.book.get_mut(index).reported = true;
        self.book.touch(index, now_ms);
        self.emit(index, Message::EndOfCallReport, now_ms);
    }

    fn free_line(&mut self, index: usize) {
        let call = self.book.get_mut(index);
        if std::mem::take(&mut call.holds_line) {
            self.counts.lives.end(&call.number, index);
            self.live -= 1;
        }
    }
}
