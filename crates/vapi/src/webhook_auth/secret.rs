//! A secret in memory.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// A secret of a webhook. Never shown.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the secret as it is.
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self(secret.into())
    }

    /// Takes a secret that is written in base64, for HMAC credentials with `secretIsBase64`. `None` if it is not.
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text.trim()).ok().map(Self)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.trim_ascii().is_empty()
    }

    /// Whether blanks surround it, which do not survive in a header.
    pub(super) fn is_padded(&self) -> bool {
        self.0.trim_ascii().len() != self.0.len()
    }

    /// Compares digests, which have the same length whatever was given: the time tells neither how much of the secret
    /// is right nor how long it is.
    pub(super) fn matches(&self, given: &[u8]) -> bool {
        Sha256::digest(&self.0).ct_eq(&Sha256::digest(given)).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}
