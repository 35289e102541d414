//! Making text storable: Postgres takes neither NUL in text nor every escape in JSON, and both databases shall hold the
//! same.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// What stands in place of a character that cannot be stored.
const REPLACEMENT: &str = "\\ufffd";

/// Text without NUL, which Postgres cannot store.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        text.replace('\0', "").into()
    } else {
        text.into()
    }
}

/// The same in place.
pub(crate) fn clean_in_place(text: &mut Option<String>) {
    if let Some(text) = text
        && text.contains('\0')
    {
        *text = clean(text).into_owned();
    }
}

/// JSON text without what `JSONB` refuses: an escaped NUL or half a surrogate pair becomes the replacement character.
pub(crate) fn clean_json(text: &str) -> Cow<'_, str> {
    let mut cleaned = String::new();
    let mut kept = 0;
    let mut rest = 0;
    while let Some(found) = text[rest..].find('\\') {
        let at = rest + found;
        let Some(code) = escaped_code(text, at) else {
            // The escape and what it escapes, which may be a second backslash.
            rest = at + 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
            continue;
        };
        let low_follows = || escaped_code(text, at + 6).is_some_and(|low| (0xdc00..0xe000).contains(&low));
        rest = match code {
            0xd800..0xdc00 if low_follows() => at + 12,
            0 | 0xd800..0xe000 => {
                cleaned.push_str(&text[kept..at]);
                cleaned.push_str(REPLACEMENT);
                kept = at + 6;
                kept
            }
            _ => at + 6,
        };
    }
    if kept == 0 && cleaned.is_empty() {
        return text.into();
    }
    cleaned.push_str(&text[kept..]);
    cleaned.into()
}

/// JSON text that both databases can read as JSON; any other text becomes one JSON string.
pub(crate) fn sound_json(text: &str) -> Cow<'_, str> {
    let cleaned = clean_json(text);
    if serde_json::from_str::<Readable>(&cleaned).is_ok() {
        return cleaned;
    }
    quoted(text).into()
}

/// JSON whose every value can be read, nothing of which is kept: as a tree, a long conversation would take many times its
/// size.
struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Readable {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        while fields.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

/// Any text as one JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(clean(text)).to_string()
}

/// The code of the escape `\uXXXX` that begins at `at`.
fn escaped_code(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_jsonb_refuses_is_replaced_and_everything_else_is_kept_to_the_letter() {
        let cases = [
            (r#"{"a": 1}"#, r#"{"a": 1}"#),
            (r#""a\u0000b""#, r#""a\ufffdb""#),
            (r#""\u0000""#, r#""\ufffd""#),
            // An escaped backslash, then plain letters.
            (r#""a\\u0000b""#, r#""a\\u0000b""#),
            (r#""a\\\u0000b""#, r#""a\\\ufffdb""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\ud83d!""#, r#""\ufffd!""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\"\n\u00e9é""#, r#""\"\n\u00e9é""#),
        ];
        for (text, expected) in cases {
            assert_eq!(clean_json(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_becomes_a_json_string() {
        assert_eq!(sound_json("[1, 2]"), "[1, 2]");
        assert_eq!(sound_json("oh \"no\"\0"), r#""oh \"no\"""#);
        assert_eq!(sound_json("1e999999"), r#""1e999999""#);
    }

    proptest! {
        #[test]
        fn any_text_at_all_can_be_cleaned(text in "(\\\\|u|[0-9a-f]|d8|dc|0000|é|\"|😀){0,24}") {
            let cleaned = clean_json(&text);
            prop_assert_eq!(clean_json(&cleaned), cleaned.clone());
            prop_assert!(serde_json::from_str::<serde_json::Value>(&sound_json(&text)).is_ok());
        }

        #[test]
        fn sound_json_is_kept_to_the_letter(text: String) {
            let json = serde_json::to_string(&text.replace('\0', "")).unwrap();
            prop_assert_eq!(sound_json(&json), json.as_str());
        }
    }
}
