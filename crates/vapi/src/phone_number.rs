//! A saved number to call from.

use serde::Deserialize;

use crate::lenient;

/// The parts of a saved number that may be kept. The API's answer can hold telephony credentials, so its text is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneNumber {
    /// The provider's id, a UUID.
    pub id: String,
    /// `twilio`, `vonage`, `telnyx`, `vapi`, `byo-phone-number`, or newer ones.
    #[serde(default, deserialize_with = "lenient::text")]
    pub provider: Option<String>,
    /// E.164; some providers' numbers have none.
    #[serde(default, deserialize_with = "lenient::text")]
    pub number: Option<String>,
    /// The name people gave it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// `active`, `activating`, `blocked`; missing counts as active.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
    /// SIP address of a number bought from Vapi.
    #[serde(default, deserialize_with = "lenient::text")]
    pub sip_uri: Option<String>,
    /// In milliseconds UTC.
    #[serde(default, rename = "createdAt", deserialize_with = "lenient::moment_ms")]
    pub created_at_ms: Option<i64>,
    /// In milliseconds UTC.
    #[serde(default, rename = "updatedAt", deserialize_with = "lenient::moment_ms")]
    pub updated_at_ms: Option<i64>,
}

impl PhoneNumber {
    /// Whether the provider lets calls go out from it.
    pub fn is_active(&self) -> bool {
        self.status.as_deref().is_none_or(|status| status == "active")
    }

    /// Whether it was bought from Vapi: a United States number, about ten outbound calls a day, none abroad. Fit for a
    /// try, not for a campaign.
    pub fn is_vapi_owned(&self) -> bool {
        self.provider.as_deref() == Some("vapi")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_without_status_is_active() {
        for (json, active) in [
            (r#"{"id":"p1","provider":"twilio"}"#, true),
            (r#"{"id":"p1","status":"active"}"#, true),
            (r#"{"id":"p1","status":"blocked"}"#, false),
            (r#"{"id":"p1","status":"activating"}"#, false),
        ] {
            assert_eq!(
                serde_json::from_str::<PhoneNumber>(json).unwrap().is_active(),
                active,
                "{json}"
            );
        }
    }

    #[test]
    fn credentials_are_not_kept() {
        let json = r#"{"id":"p1","provider":"twilio","number":"+14155550100","twilioAuthToken":"hush",
            "twilioApiSecret":"hush","authentication":{"password":"hush"}}"#;
        let number: PhoneNumber = serde_json::from_str(json).unwrap();
        assert!(!format!("{number:?}").contains("hush"));
    }
}
