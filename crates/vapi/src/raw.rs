//! A parsed value beside the provider's own text.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::lenient;

/// A value and the JSON text it was read from, byte for byte. What we do not parse today can be read tomorrow.
#[derive(Clone)]
pub struct Raw<T> {
    /// What we understood.
    pub value: T,
    /// What the provider wrote.
    pub raw: Box<RawValue>,
}

impl<T: DeserializeOwned> Raw<T> {
    /// Reads one JSON object.
    ///
    /// # Errors
    /// Where the text stops being JSON, or that it is not an object of the expected shape. The error never repeats
    /// content.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let raw: Box<RawValue> = serde_json::from_slice(text).map_err(|error| json_fault(&error))?;
        Self::from_raw(raw)
    }

    /// Reads one JSON object that was cut out of a larger text.
    ///
    /// # Errors
    /// As [`Raw::parse`].
    pub fn from_raw(raw: Box<RawValue>) -> Result<Self, String> {
        let value = lenient::from_object(&raw)
            .map_err(|error| json_fault(&error))?
            .ok_or_else(|| "the JSON is not an object".to_owned())?;
        Ok(Self { value, raw })
    }
}

/// Says the size of the text, not the text: it holds phone numbers, prompts and transcripts.
impl<T: fmt::Debug> fmt::Debug for Raw<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Raw")
            .field("value", &self.value)
            .field("raw_bytes", &self.raw.get().len())
            .finish()
    }
}

/// What is wrong with a JSON text, without any of its content: serde's own messages quote values.
pub(crate) fn json_fault(error: &serde_json::Error) -> String {
    let fault = match error.classify() {
        serde_json::error::Category::Eof => "the JSON ends too early",
        serde_json::error::Category::Data => "the JSON has an unexpected shape",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "this is not JSON",
    };
    format!("{fault} (line {}, column {})", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Call;

    #[test]
    fn the_text_is_kept_byte_for_byte() {
        let text = r#"{ "id":"c1", "cost": 0.10, "unknown":[1.50, "ü"] }"#;
        let call = Raw::<Call>::parse(text.as_bytes()).unwrap();
        assert_eq!(call.raw.get(), text);
        assert_eq!(call.value.id, "c1");
    }

    #[test]
    fn faults_name_a_place_and_no_content() {
        for text in [
            r#"{"id":"+14155550100""#,
            r#"{"id":{"number":"+14155550100"}}"#,
            r#"["+14155550100"]"#,
        ] {
            let fault = Raw::<Call>::parse(text.as_bytes()).unwrap_err();
            assert!(!fault.contains("4155550100"), "{fault}");
        }
    }

    #[test]
    fn debug_output_does_not_repeat_the_text() {
        let call = Raw::<Call>::parse(br#"{"id":"c1","secret":"hidden"}"#).unwrap();
        assert!(!format!("{call:?}").contains("hidden"));
    }
}
