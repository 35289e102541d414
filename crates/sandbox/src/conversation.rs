//! What is said in a call. The lines are made anew whenever they are wanted: the same call always gives the same ones.

use crate::chance;
use crate::plan::Talk;
use crate::script::Mood;
use rand::{Rng, RngExt};

mod lines;

use lines::{Exchange, Sketch};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    Assistant,
    Customer,
}

/// One spoken line; times are milliseconds after the call was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) speaker: Speaker,
    pub(crate) text: String,
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
    /// With it the person asks for something that outlives the call: no more calls, or another one.
    pub(crate) wish: bool,
}

/// What the lines are made from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cast {
    /// The called person's name, or "there".
    pub(crate) name: String,
    /// Their business, or "your company".
    pub(crate) business: String,
    /// The assistant's first message; `None`: it makes one up.
    pub(crate) opening: Option<String>,
    /// The person speaks first.
    pub(crate) waits_for_customer: bool,
    /// What the assistant leaves on a voicemail, if anything.
    pub(crate) voicemail_message: Option<String>,
    /// What the assistant says last, if anything.
    pub(crate) end_message: Option<String>,
}

/// The lines of a talk that would take `talk_ms`; those that end after `spoken_ms` were never said. `when` is the time of a
/// callback in words.
pub(crate) fn lines(
    cast: &Cast,
    talk: Talk,
    when: &str,
    talk_ms: i64,
    spoken_ms: i64,
    rng: &mut impl Rng,
) -> Vec<Line> {
    let said = match talk {
        Talk::Nothing => Vec::new(),
        Talk::Greeting => greeting(cast, rng),
        Talk::Conversation(Mood::Silent) => vec![Said::plain(Speaker::Assistant, opening(cast))],
        Talk::Conversation(mood) => conversation(cast, mood, when, talk_ms, rng),
    };
    timed(said, talk_ms, spoken_ms)
}

/// A line before it has its time.
struct Said {
    speaker: Speaker,
    text: String,
    wish: bool,
}

impl Said {
    fn plain(speaker: Speaker, text: String) -> Said {
        Said {
            speaker,
            text,
            wish: false,
        }
    }
}

fn greeting(cast: &Cast, rng: &mut impl Rng) -> Vec<Said> {
    let greeting = lines::GREETINGS[rng.random_range(0..lines::GREETINGS.len())];
    let mut said = vec![Said::plain(Speaker::Customer, filled(greeting, cast))];
    if let Some(message) = &cast.voicemail_message {
        said.push(Said::plain(Speaker::Assistant, message.clone()));
    }
    said
}

fn conversation(cast: &Cast, mood: Mood, when: &str, talk_ms: i64, rng: &mut impl Rng) -> Vec<Said> {
    let sketches = lines::sketches(mood);
    let sketch: &Sketch = &sketches[rng.random_range(0..sketches.len())];
    let mut said = Vec::new();
    if cast.waits_for_customer {
        said.push(Said::plain(Speaker::Customer, "Hello?".to_owned()));
    }
    said.push(Said::plain(Speaker::Assistant, opening(cast)));
    said.push(Said {
        wish: mood == Mood::OptOut,
        ..Said::plain(Speaker::Customer, filled(sketch.reply, cast))
    });
    // One more question and answer for every 20 seconds that the closing does not fill; nobody without interest hears
    // more than two.
    let most = if mood == Mood::NotInterested {
        2
    } else {
        lines::MIDDLE.len()
    };
    let mut wanted = usize::try_from((talk_ms - 35_000) / 20_000)
        .unwrap_or(0)
        .min(most);
    for (nth, Exchange { question, answers }) in lines::MIDDLE.iter().enumerate() {
        // Selection sampling: as many as wanted, in their order.
        if rng.random_range(0..lines::MIDDLE.len() - nth) < wanted {
            wanted -= 1;
            said.push(Said::plain(Speaker::Assistant, filled(question, cast)));
            said.push(Said::plain(
                Speaker::Customer,
                filled(answers[rng.random_range(0..answers.len())], cast),
            ));
        }
    }
    for (nth, text) in sketch.closing.iter().enumerate() {
        let speaker = if nth % 2 == 0 {
            Speaker::Assistant
        } else {
            Speaker::Customer
        };
        let wish = mood == Mood::Callback && speaker == Speaker::Customer && text.contains("{when}");
        let text = filled(text, cast).replace("{when}", when);
        said.push(Said { speaker, text, wish });
    }
    if let (Some(message), false) = (&cast.end_message, mood == Mood::HangUp) {
        said.push(Said::plain(Speaker::Assistant, message.clone()));
    }
    said
}

fn opening(cast: &Cast) -> String {
    cast.opening
        .clone()
        .unwrap_or_else(|| filled("Hi {name}, do you have a minute?", cast))
}

fn filled(text: &str, cast: &Cast) -> String {
    text.replace("{name}", &cast.name)
        .replace("{business}", &cast.business)
}

/// Spreads the lines over the talk by their length, with a short pause after each.
fn timed(said: Vec<Said>, talk_ms: i64, spoken_ms: i64) -> Vec<Line> {
    let weight = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX).clamp(10, 1_000) + 8;
    let total: i64 = said.iter().map(|said| weight(&said.text)).sum();
    let mut before = 0;
    let mut lines = Vec::with_capacity(said.len());
    for Said { speaker, text, wish } in said {
        let from_ms = talk_ms * before / total;
        let to_ms = talk_ms * (before + weight(&text) - 8) / total;
        before += weight(&text);
        if to_ms <= spoken_ms {
            lines.push(Line {
                speaker,
                text,
                from_ms,
                to_ms,
                wish,
            });
        }
    }
    lines
}

/// Replaces `{{ name }}` by the value of that variable; an unknown one leaves nothing, as the provider does.
pub(crate) fn rendered(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once("}}") else {
            return out + "{{" + after;
        };
        out.push_str(&value(name.trim()).unwrap_or_default());
        rest = tail;
    }
    out + rest
}

/// The stream from which the lines of a call are drawn.
pub(crate) fn stream(seed: u64, call_key: &str) -> impl Rng {
    chance::stream(seed, "talk", &[call_key])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cast() -> Cast {
        Cast {
            name: "Ann".into(),
            business: "Acme Roofing".into(),
            opening: Some("Hi Ann, Riley here.".into()),
            ..Cast::default()
        }
    }

    fn said(mood: Mood, talk_ms: i64, spoken_ms: i64) -> Vec<Line> {
        lines(
            &cast(),
            Talk::Conversation(mood),
            "on Friday at 3:30 pm",
            talk_ms,
            spoken_ms,
            &mut stream(3, "k"),
        )
    }

    #[test]
    fn every_mood_has_lines_in_order_that_name_the_person() {
        for mood in [
            Mood::Interested,
            Mood::Callback,
            Mood::NotInterested,
            Mood::WrongPerson,
            Mood::OptOut,
            Mood::HangUp,
        ] {
            let lines = said(mood, 90_000, 90_000);
            assert_eq!(lines[0].text, "Hi Ann, Riley here.");
            assert!(
                lines.iter().any(|line| line.speaker == Speaker::Customer),
                "{mood:?}"
            );
            assert!(lines.windows(2).all(|pair| pair[0].to_ms <= pair[1].from_ms));
            assert!(lines.iter().all(|line| !line.text.contains('{')), "{lines:?}");
        }
    }

    #[test]
    fn whoever_wishes_something_says_it_once() {
        for talk_ms in [20_000, 90_000, 300_000] {
            let wishes = |mood| -> Vec<String> {
                let lines = said(mood, talk_ms, talk_ms).into_iter();
                lines.filter(|line| line.wish).map(|line| line.text).collect()
            };
            assert_eq!(wishes(Mood::OptOut).len(), 1);
            let callback = wishes(Mood::Callback);
            assert_eq!(callback.len(), 1);
            assert!(callback[0].contains("on Friday at 3:30 pm"), "{callback:?}");
            assert!(wishes(Mood::Interested).is_empty());
        }
    }

    #[test]
    fn lines_after_the_end_were_never_said() {
        let all = said(Mood::Interested, 120_000, 120_000);
        let cut = said(Mood::Interested, 120_000, 60_000);
        assert!(cut.len() < all.len());
        assert_eq!(cut[..], all[..cut.len()]);
    }

    #[test]
    fn variables_are_filled_in_and_unknown_ones_left_out() {
        let value = |name: &str| (name == "name").then(|| "Ann".to_owned());
        assert_eq!(rendered("Hi {{ name }}{{x}}, {{", value), "Hi Ann, {{");
    }
}
