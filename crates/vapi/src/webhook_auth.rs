//! Is a webhook delivery genuine?
//!
//! Whoever can forge one can end calls in our books and free lines that are taken. Comparison takes the same time
//! whatever is wrong, a header given twice is refused, and settings that cannot protect refuse everything.

mod payload;
mod secret;
mod signature;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

use self::payload::PayloadFormat;
pub use self::secret::Secret;
pub use self::signature::{Encoding, HmacAlgorithm};

/// How deliveries prove that they come from the provider. The provider's default is no proof at all: a mode must be set
/// up on both sides.
#[derive(Debug, Clone)]
pub enum WebhookAuth {
    /// A header holds the secret itself, `X-Vapi-Secret` by tradition. Also fits any header that is set per call in
    /// `assistantOverrides.server.headers`.
    SharedSecret {
        /// The header.
        header: HeaderName,
        /// Its whole value.
        secret: Secret,
    },
    /// `Authorization: Bearer <token>`.
    Bearer {
        /// The token.
        token: Secret,
    },
    /// A keyed hash of the body, by default together with the time of sending.
    Hmac {
        /// The key.
        secret: Secret,
        /// The hash.
        algorithm: HmacAlgorithm,
        /// Holds the signature.
        signature_header: HeaderName,
        /// Holds the time of sending, as seconds or milliseconds since 1970. Read only if `payload_format` has
        /// `{timestamp}`: a time that is not signed proves nothing.
        timestamp_header: HeaderName,
        /// Stands before the signature, such as `sha256=`; often empty.
        prefix: String,
        /// What is signed: text with `{body}` and, against replays, `{timestamp}`.
        payload_format: String,
        /// How the signature is written.
        encoding: Encoding,
        /// How far the time of sending may be from now, to either side, in milliseconds.
        tolerance_ms: i64,
    },
}

/// How far a signed time of sending may be from now by default: five minutes, in milliseconds.
pub const DEFAULT_TOLERANCE_MS: i64 = 300_000;

/// Why a delivery is not believed. Repeats no content of the delivery and no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The header that should hold the proof is not there.
    #[error("the header `{0}` is missing")]
    Missing(HeaderName),
    /// The header stands there more than once; which of them counts is anybody's guess.
    #[error("the header `{0}` is given more than once")]
    Repeated(HeaderName),
    /// The header's value has not the agreed form.
    #[error("the header `{0}` cannot be read: {1}")]
    Unreadable(HeaderName, &'static str),
    /// The proof is wrong: another secret, or a body that was changed.
    #[error("the header `{0}` does not hold the right secret or signature")]
    Wrong(HeaderName),
    /// The delivery was signed this many milliseconds away from now: a replay, or a clock that is wrong.
    #[error("the delivery was signed {skew_ms} ms away from now, more than the {tolerance_ms} ms allowed")]
    Skewed {
        /// Distance between the signed time and now, in milliseconds.
        skew_ms: u64,
        /// Distance allowed, in milliseconds.
        tolerance_ms: i64,
    },
    /// The settings on our side cannot protect anything, so nothing is believed.
    #[error("webhook authentication is not set up properly: {0}")]
    Misconfigured(&'static str),
}

impl WebhookAuth {
    /// The traditional mode: `X-Vapi-Secret` holds `secret`.
    pub fn shared_secret(secret: Secret) -> Self {
        Self::SharedSecret {
            header: HeaderName::from_static("x-vapi-secret"),
            secret,
        }
    }

    /// `Authorization: Bearer <token>`.
    pub fn bearer(token: Secret) -> Self {
        Self::Bearer { token }
    }

    /// The provider's defaults of its HMAC credential: hexadecimal SHA-256 of `{timestamp}.{body}` in `X-Signature`,
    /// time in `X-Timestamp`.
    pub fn hmac(secret: Secret) -> Self {
        Self::Hmac {
            secret,
            algorithm: HmacAlgorithm::Sha256,
            signature_header: HeaderName::from_static("x-signature"),
            timestamp_header: HeaderName::from_static("x-timestamp"),
            prefix: String::new(),
            payload_format: "{timestamp}.{body}".to_owned(),
            encoding: Encoding::Hex,
            tolerance_ms: DEFAULT_TOLERANCE_MS,
        }
    }

    /// Whether these settings can protect anything. Worth asking once at start; [`WebhookAuth::verify`] asks every time.
    ///
    /// # Errors
    /// [`AuthError::Misconfigured`]
    pub fn check(&self) -> Result<(), AuthError> {
        let misconfigured = |fault| Err(AuthError::Misconfigured(fault));
        match self {
            Self::SharedSecret { secret, .. } | Self::Bearer { token: secret } => {
                if secret.is_empty() {
                    return misconfigured("the secret is empty");
                }
                if HeaderValue::from_bytes(secret.bytes()).is_err() || secret.is_padded() {
                    return misconfigured("the secret has characters that a header cannot hold");
                }
                Ok(())
            }
            Self::Hmac {
                secret,
                payload_format,
                tolerance_ms,
                ..
            } => {
                if secret.is_empty() {
                    return misconfigured("the secret is empty");
                }
                if *tolerance_ms < 0 {
                    return misconfigured("the tolerance is negative");
                }
                PayloadFormat::parse(payload_format)
                    .map(drop)
                    .map_err(AuthError::Misconfigured)
            }
        }
    }

    /// Checks what the headers alone can show at `now_ms` (milliseconds UTC), before the body is read: the secret where a
    /// header holds it; of a signature that it is there, has the agreed form and length, and that its time of sending is
    /// near. A body that fails here need not be read. Whatever passes must still pass [`WebhookAuth::verify`].
    ///
    /// # Errors
    /// Any [`AuthError`]: do not read the body.
    pub fn admit(&self, headers: &HeaderMap, now_ms: i64) -> Result<(), AuthError> {
        let Self::Hmac {
            algorithm,
            signature_header,
            timestamp_header,
            prefix,
            payload_format,
            encoding,
            tolerance_ms,
            ..
        } = self
        else {
            return self.verify(headers, &[], now_ms);
        };
        self.check()?;
        let format = PayloadFormat::parse(payload_format).map_err(AuthError::Misconfigured)?;
        let given = given_signature(headers, signature_header, prefix, *encoding)?;
        if given.len() != algorithm.length() {
            let fault = "the signature has not the length of the agreed hash";
            return Err(AuthError::Unreadable(signature_header.clone(), fault));
        }
        if format.has_timestamp() {
            let timestamp = only(headers, timestamp_header)?;
            check_skew(timestamp_header, timestamp, now_ms, *tolerance_ms)?;
        }
        Ok(())
    }

    /// Checks a delivery at `now_ms` (milliseconds UTC). `body` is the body as received, byte for byte.
    ///
    /// # Errors
    /// Any [`AuthError`]: do not act on the delivery.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now_ms: i64) -> Result<(), AuthError> {
        self.check()?;
        match self {
            Self::SharedSecret { header, secret } => {
                let given = only(headers, header)?;
                secret
                    .matches(given.as_bytes())
                    .then_some(())
                    .ok_or_else(|| AuthError::Wrong(header.clone()))
            }
            Self::Bearer { token } => {
                let given = only(headers, &AUTHORIZATION)?;
                let unreadable = AuthError::Unreadable(AUTHORIZATION, "it is no bearer token");
                let given = bearer_token(given.as_bytes()).ok_or(unreadable)?;
                token
                    .matches(given)
                    .then_some(())
                    .ok_or(AuthError::Wrong(AUTHORIZATION))
            }
            Self::Hmac {
                secret,
                algorithm,
                signature_header,
                timestamp_header,
                prefix,
                payload_format,
                encoding,
                tolerance_ms,
            } => {
                let format = PayloadFormat::parse(payload_format).map_err(AuthError::Misconfigured)?;
                let given = given_signature(headers, signature_header, prefix, *encoding)?;
                let timestamp = match format.has_timestamp() {
                    true => Some(only(headers, timestamp_header)?),
                    false => None,
                };
                let signed_time = timestamp.map(HeaderValue::as_bytes).unwrap_or_default();
                let payload = format.pieces(signed_time, body);
                if !algorithm.is_signature(secret.bytes(), payload, &given) {
                    return Err(AuthError::Wrong(signature_header.clone()));
                }
                // Only after the signature: the time of a forged delivery is not worth a message about clocks.
                match timestamp {
                    Some(timestamp) => check_skew(timestamp_header, timestamp, now_ms, *tolerance_ms),
                    None => Ok(()),
                }
            }
        }
    }

    /// The headers that [`WebhookAuth::verify`] expects on `body` sent at `now_ms` (milliseconds UTC), for a sender in
    /// the provider's place. Nothing if the settings are unusable ([`WebhookAuth::check`]), which no receiver accepts.
    pub fn sign(&self, body: &[u8], now_ms: i64) -> Vec<(HeaderName, HeaderValue)> {
        let headers = match self {
            _ if self.check().is_err() => None,
            Self::SharedSecret { header, secret } => {
                hidden(secret.bytes()).map(|value| vec![(header.clone(), value)])
            }
            Self::Bearer { token } => {
                hidden(&[b"Bearer ", token.bytes()].concat()).map(|value| vec![(AUTHORIZATION, value)])
            }
            Self::Hmac {
                secret,
                algorithm,
                signature_header,
                timestamp_header,
                prefix,
                payload_format,
                encoding,
                ..
            } => PayloadFormat::parse(payload_format).ok().and_then(|format| {
                let timestamp = now_ms.to_string();
                let payload = format.pieces(timestamp.as_bytes(), body);
                let signature = encoding.encode(&algorithm.sign(secret.bytes(), payload));
                let signature = HeaderValue::from_str(&format!("{prefix}{signature}")).ok()?;
                let mut headers = vec![(signature_header.clone(), signature)];
                if format.has_timestamp() {
                    headers.push((timestamp_header.clone(), HeaderValue::from(now_ms)));
                }
                Some(headers)
            }),
        };
        headers.unwrap_or_default()
    }
}

/// The one value of `header`.
fn only<'a>(headers: &'a HeaderMap, header: &HeaderName) -> Result<&'a HeaderValue, AuthError> {
    let mut values = headers.get_all(header).iter();
    let value = values.next().ok_or_else(|| AuthError::Missing(header.clone()))?;
    match values.next() {
        None => Ok(value),
        Some(_) => Err(AuthError::Repeated(header.clone())),
    }
}

/// The signature that the header holds, in bytes.
fn given_signature(
    headers: &HeaderMap,
    header: &HeaderName,
    prefix: &str,
    encoding: Encoding,
) -> Result<Vec<u8>, AuthError> {
    let unreadable = |fault| AuthError::Unreadable(header.clone(), fault);
    let given = only(headers, header)?;
    let given = given.as_bytes().strip_prefix(prefix.as_bytes());
    let given = given.ok_or_else(|| unreadable("the agreed prefix is missing"))?;
    encoding.decode(given).map_err(unreadable)
}

/// What follows `Bearer `; the word may be written in any case (RFC 9110, 11.1).
fn bearer_token(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| token.trim_ascii())
}

fn hidden(value: &[u8]) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Below this a timestamp counts seconds, from here on milliseconds; the provider does not document which it sends.
const FIRST_MILLISECOND_VALUE: i64 = 100_000_000_000;

fn check_skew(
    header: &HeaderName,
    timestamp: &HeaderValue,
    now_ms: i64,
    tolerance_ms: i64,
) -> Result<(), AuthError> {
    let unreadable = || AuthError::Unreadable(header.clone(), "it is no count of seconds or milliseconds");
    let text = timestamp.to_str().map_err(|_| unreadable())?;
    let count: i64 = match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse().map_err(|_| unreadable())?,
        false => return Err(unreadable()),
    };
    let sent_ms = if count < FIRST_MILLISECOND_VALUE {
        count * 1000
    } else {
        count
    };
    let skew_ms = sent_ms.abs_diff(now_ms);
    if skew_ms > tolerance_ms.unsigned_abs() {
        return Err(AuthError::Skewed {
            skew_ms,
            tolerance_ms,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
