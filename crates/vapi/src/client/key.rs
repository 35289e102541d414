//! The API key and faults in settings.

use std::fmt;

use http::HeaderValue;

/// A setting with which the client cannot work. The text is for the person who set it and repeats no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSetting(pub String);

/// The private key of the account. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Takes the key as it stands in the settings; blanks and line ends around it are dropped.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into().trim().to_owned())
    }

    pub(super) fn into_authorization(self) -> Result<HeaderValue, InvalidSetting> {
        if self.0.is_empty() {
            return Err(InvalidSetting("the API key is empty".to_owned()));
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0))
            .map_err(|_| InvalidSetting("the API key has characters that no key has".to_owned()))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_trimmed_checked_and_hidden() {
        let header = ApiKey::new(" key-1\n").into_authorization().unwrap();
        assert_eq!(header.to_str().unwrap(), "Bearer key-1");
        assert!(header.is_sensitive());
        assert!(ApiKey::new("  ").into_authorization().is_err());
        let fault = ApiKey::new("hush\nhush").into_authorization().unwrap_err();
        assert!(!fault.to_string().contains("hush"));
        assert!(!format!("{:?}", ApiKey::new("hush")).contains("hush"));
    }
}
