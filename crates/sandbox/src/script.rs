//! Scripts: a word or two in the request that decide what the called person does.

use crate::callback;

/// What the person at the other end does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Answers and talks; the mood is drawn when it is `None`.
    Human(Option<Mood>),
    Voicemail,
    NoAnswer,
    Busy,
    Rejected,
    Invalid,
    Failed,
    /// Talks past the longest duration of the call.
    TooLong,
    /// Is put through to somebody else.
    Forwarded,
    /// Whatever happens, the provider gives this reason.
    Error(String),
}

/// How a conversation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Interested,
    Callback,
    NotInterested,
    WrongPerson,
    OptOut,
    HangUp,
    Silent,
}

/// For how long the provider's record of a call is wrong after its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stuck {
    /// For so many milliseconds, or a drawn time.
    For(Option<i64>),
    Forever,
}

/// A parsed script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) kind: Kind,
    /// Length of the talk, or of the ringing when nobody answers, in milliseconds.
    pub(crate) length_ms: Option<i64>,
    pub(crate) stuck: Option<Stuck>,
    /// When the person wants to be called back.
    pub(crate) callback: Option<When>,
}

/// When somebody wants to be called back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum When {
    /// So many milliseconds after answering.
    After(i64),
    /// At this ISO-8601 moment with an offset.
    At(String),
}

/// Reads scripts for one attempt after another, as in `no-answer then busy then human 45s`. `None` when one of them is
/// not a script.
pub(crate) fn parse_all(text: &str) -> Option<Vec<Script>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .split(|word| word.eq_ignore_ascii_case("then"))
        .map(|words| parse(&words.join(" ")))
        .collect()
}

/// The script of the attempt after so many others; the last one goes for all further attempts.
pub(crate) fn of_attempt(mut scripts: Vec<Script>, before: u32) -> Option<Script> {
    let nth = usize::try_from(before).unwrap_or(usize::MAX);
    scripts.truncate(nth.saturating_add(1));
    scripts.pop()
}

/// Reads `human 45s`, `voicemail`, `stuck 20m`, `error:<ended reason> 5s`… `None` when it is not a script.
pub(crate) fn parse(text: &str) -> Option<Script> {
    let mut words = text.split_whitespace();
    let word = words.next()?;
    let argument = words.next();
    if words.next().is_some() {
        return None;
    }
    if word.eq_ignore_ascii_case("stuck") {
        let stuck = match argument {
            None => Stuck::For(None),
            Some("forever") => Stuck::Forever,
            Some(time) => Stuck::For(Some(length_ms(time)?)),
        };
        return Some(Script {
            kind: Kind::Human(None),
            length_ms: None,
            stuck: Some(stuck),
            callback: None,
        });
    }
    let length_ms = match argument {
        None => None,
        Some(time) => Some(length_ms(time)?),
    };
    if let Some(time) = word.strip_prefix("callback:") {
        return Some(Script {
            kind: Kind::Human(Some(Mood::Callback)),
            length_ms,
            stuck: None,
            callback: Some(when(time)?),
        });
    }
    Some(Script {
        kind: kind(word)?,
        length_ms,
        stuck: None,
        callback: None,
    })
}

fn kind(word: &str) -> Option<Kind> {
    if let Some(reason) = word.strip_prefix("error:") {
        return (!reason.is_empty()).then(|| Kind::Error(reason.to_owned()));
    }
    Some(match word.to_ascii_lowercase().as_str() {
        "human" => Kind::Human(None),
        "interested" => Kind::Human(Some(Mood::Interested)),
        "callback" => Kind::Human(Some(Mood::Callback)),
        "not-interested" => Kind::Human(Some(Mood::NotInterested)),
        "wrong-person" => Kind::Human(Some(Mood::WrongPerson)),
        "optout" => Kind::Human(Some(Mood::OptOut)),
        "hang-up" => Kind::Human(Some(Mood::HangUp)),
        "silent" => Kind::Human(Some(Mood::Silent)),
        "voicemail" => Kind::Voicemail,
        "no-answer" => Kind::NoAnswer,
        "busy" => Kind::Busy,
        "rejected" => Kind::Rejected,
        "invalid" => Kind::Invalid,
        "fail" => Kind::Failed,
        "too-long" => Kind::TooLong,
        "forwarded" => Kind::Forwarded,
        _ => return None,
    })
}

fn when(text: &str) -> Option<When> {
    match length_ms(text) {
        Some(after_ms) => Some(When::After(after_ms)),
        None => callback::is_moment(text).then(|| When::At(text.to_owned())),
    }
}

fn length_ms(text: &str) -> Option<i64> {
    let (digits, unit_ms) = if let Some(digits) = text.strip_suffix("ms") {
        (digits, 1)
    } else if let Some(digits) = text.strip_suffix('s') {
        (digits, 1_000)
    } else if let Some(digits) = text.strip_suffix('m') {
        (digits, 60_000)
    } else {
        (text.strip_suffix('h')?, 3_600_000)
    };
    digits.parse::<u32>().ok().map(|count| i64::from(count) * unit_ms)
}

/// The script at the end of a name, as in `Ann Lee [busy]`. `None` when the name has none.
pub(crate) fn of_name(name: &str) -> Option<&str> {
    name.trim_end()
        .strip_suffix(']')?
        .rsplit_once('[')
        .map(|(_, script)| script)
}

/// The script of a number that begins with `+1500555`, by its last four digits.
pub(crate) fn of_number(number: &str) -> Option<&'static str> {
    Some(match number.strip_prefix("+1500555")? {
        "0001" => "invalid",
        "0002" => "busy",
        "0003" => "no-answer",
        "0004" => "rejected",
        "0005" => "voicemail",
        "0006" => "human",
        "0007" => "fail",
        "0008" => "stuck",
        "0009" => "optout",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_say_who_and_for_how_long() {
        let human = parse("human 45s").unwrap();
        assert_eq!(
            (human.kind, human.length_ms, human.stuck),
            (Kind::Human(None), Some(45_000), None)
        );
        assert_eq!(parse(" Voicemail ").unwrap().kind, Kind::Voicemail);
        assert_eq!(
            parse("stuck 20m").unwrap().stuck,
            Some(Stuck::For(Some(1_200_000)))
        );
        assert_eq!(parse("stuck forever").unwrap().stuck, Some(Stuck::Forever));
        let error = parse("error:call.start.error-get-transport 300ms").unwrap();
        assert_eq!(error.kind, Kind::Error("call.start.error-get-transport".into()));
        assert_eq!(error.length_ms, Some(300));
    }

    #[test]
    fn scripts_may_differ_from_attempt_to_attempt() {
        let all = parse_all("no-answer then busy Then human 45s").unwrap();
        let of = |before| of_attempt(all.clone(), before).unwrap().kind;
        assert_eq!(
            [of(0), of(1), of(2), of(9)],
            [Kind::NoAnswer, Kind::Busy, Kind::Human(None), Kind::Human(None)]
        );
        assert_eq!(of_attempt(Vec::new(), 0), None);
        for text in ["then", "busy then", "busy then then human", "busy then humann"] {
            assert_eq!(parse_all(text), None, "{text}");
        }
    }

    #[test]
    fn a_person_may_name_the_time_of_a_callback() {
        let callback = |text| parse(text).and_then(|script| script.callback);
        assert_eq!(callback("callback:2h"), Some(When::After(7_200_000)));
        let at = "callback:2026-03-27T15:30-05:00 40s";
        assert_eq!(callback(at), Some(When::At("2026-03-27T15:30-05:00".into())));
        assert_eq!(parse(at).unwrap().length_ms, Some(40_000));
        assert_eq!(callback("callback"), None);
        for text in [
            "callback:",
            "callback:soon",
            "callback:2026-03-27",
            "callback:2026-03-27T15:30",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_script_is_not_guessed_at() {
        for text in [
            "",
            "humann",
            "human 45",
            "human forty s",
            "busy 3s later",
            "error:",
            "stuck always",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn names_and_numbers_may_carry_a_script() {
        assert_eq!(of_name("Ann Lee [busy]"), Some("busy"));
        assert_eq!(of_name("Ann Lee"), None);
        assert_eq!(of_number("+15005550009"), Some("optout"));
        assert_eq!(of_number("+15005551234"), None);
    }
}
