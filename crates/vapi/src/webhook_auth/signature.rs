//! Keyed hashes and how they are written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

/// The hash of an HMAC credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HmacAlgorithm {
    /// SHA-1, still sound inside HMAC.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl HmacAlgorithm {
    /// Signs the pieces as if they were one text.
    pub(super) fn sign<'a>(self, key: &[u8], pieces: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
        fn with<'a, M: Mac + KeyInit>(key: &[u8], pieces: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
            let mut mac = keyed::<M>(key);
            for piece in pieces {
                mac.update(piece);
            }
            mac.finalize().into_bytes().to_vec()
        }
        match self {
            Self::Sha1 => with::<Hmac<Sha1>>(key, pieces),
            Self::Sha256 => with::<Hmac<Sha256>>(key, pieces),
            Self::Sha512 => with::<Hmac<Sha512>>(key, pieces),
        }
    }

    /// Bytes of a signature.
    pub(super) const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// Constant time for signatures of the right length.
    pub(super) fn is_signature<'a>(
        self,
        key: &[u8],
        pieces: impl Iterator<Item = &'a [u8]>,
        given: &[u8],
    ) -> bool {
        use subtle::ConstantTimeEq as _;
        self.sign(key, pieces).ct_eq(given).into()
    }
}

fn keyed<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Hexadecimal, of either case.
    Hex,
    /// Base64 with padding.
    Base64,
}

impl Encoding {
    pub(super) fn encode(self, signature: &[u8]) -> String {
        match self {
            Self::Hex => hex::encode(signature),
            Self::Base64 => STANDARD.encode(signature),
        }
    }

    pub(super) fn decode(self, text: &[u8]) -> Result<Vec<u8>, &'static str> {
        match self {
            Self::Hex => hex::decode(text).map_err(|_| "the signature is not hexadecimal"),
            Self::Base64 => STANDARD.decode(text).map_err(|_| "the signature is not base64"),
        }
    }
}
