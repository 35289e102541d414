use proptest::prelude::*;

use super::*;

const BODY: &[u8] = br#"{"message":{"type":"hang"}}"#;
const NOW_MS: i64 = 1_774_539_796_145;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |&(name, value): &(&'static str, &str)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        )
    };
    // `FromIterator` of a header map keeps repeated headers.
    pairs.iter().map(pair).collect()
}

fn signed(auth: &WebhookAuth, body: &[u8], now_ms: i64) -> HeaderMap {
    auth.sign(body, now_ms).into_iter().collect()
}

fn hmac_with(
    change: impl FnOnce(&mut HmacAlgorithm, &mut String, &mut String, &mut Encoding),
) -> WebhookAuth {
    let mut auth = WebhookAuth::hmac(Secret::new("topsecret"));
    if let WebhookAuth::Hmac {
        algorithm,
        prefix,
        payload_format,
        encoding,
        ..
    } = &mut auth
    {
        change(algorithm, prefix, payload_format, encoding);
    }
    auth
}

fn every_mode() -> Vec<WebhookAuth> {
    let mut modes = vec![
        WebhookAuth::shared_secret(Secret::new("topsecret")),
        WebhookAuth::bearer(Secret::new("topsecret")),
        hmac_with(|_, _, format, _| *format = "{body}".to_owned()),
    ];
    for algorithm in [HmacAlgorithm::Sha1, HmacAlgorithm::Sha256, HmacAlgorithm::Sha512] {
        for encoding in [Encoding::Hex, Encoding::Base64] {
            modes.push(hmac_with(|its_algorithm, prefix, _, its_encoding| {
                *its_algorithm = algorithm;
                *prefix = "v1=".to_owned();
                *its_encoding = encoding;
            }));
        }
    }
    modes
}

/// The signatures come from Python's `hmac` module.
#[test]
fn signatures_agree_with_another_implementation() {
    for (algorithm, encoding, signature) in [
        (
            HmacAlgorithm::Sha1,
            Encoding::Hex,
            "27dc700833cbbd37f95574d16efe60c12800f687",
        ),
        (
            HmacAlgorithm::Sha1,
            Encoding::Base64,
            "J9xwCDPLvTf5VXTRbv5gwSgA9oc=",
        ),
        (
            HmacAlgorithm::Sha256,
            Encoding::Hex,
            "056C89a0f3a50c0910874d153f5dd6f17702840404a699afaf4fc151586574f3",
        ),
        (
            HmacAlgorithm::Sha256,
            Encoding::Base64,
            "BWyJoPOlDAkQh00VP13W8XcChAQEppmvr0/BUVhldPM=",
        ),
        (
            HmacAlgorithm::Sha512,
            Encoding::Base64,
            "f/1vHpLFNb5BXOqEhqFzpwtj+vOrdyNGDYTZhCw75wbW/dzVgIaaMHyU1BP2hEVl07ubIjNaewLM/m4xXxhnWQ==",
        ),
    ] {
        let auth = hmac_with(|its_algorithm, _, _, its_encoding| {
            *its_algorithm = algorithm;
            *its_encoding = encoding;
        });
        let headers = headers(&[("x-signature", signature), ("x-timestamp", "1774539796145")]);
        assert_eq!(
            auth.verify(&headers, BODY, NOW_MS),
            Ok(()),
            "{algorithm:?} {encoding:?}"
        );
    }
    let without_time = hmac_with(|_, _, format, _| *format = "{body}".to_owned());
    let signature = "4debaa65bef35971520355e691ecd0fef33da67fa62216064c268b9566d0b30a";
    assert_eq!(
        without_time.verify(&headers(&[("x-signature", signature)]), BODY, NOW_MS),
        Ok(())
    );
}

#[test]
fn a_time_in_seconds_is_accepted_too() {
    let signature = "9fb306777b9ca159d1e6ba86226d365d7db82c6d7a5976524742e45419d47702";
    let headers = headers(&[("x-signature", signature), ("x-timestamp", "1774539796")]);
    let auth = WebhookAuth::hmac(Secret::new("topsecret"));
    assert_eq!(auth.verify(&headers, BODY, NOW_MS), Ok(()));
    let late_ms = 1_774_539_796_000 + DEFAULT_TOLERANCE_MS;
    assert_eq!(auth.verify(&headers, BODY, late_ms), Ok(()));
    let skewed = AuthError::Skewed {
        skew_ms: 300_001,
        tolerance_ms: DEFAULT_TOLERANCE_MS,
    };
    assert_eq!(auth.verify(&headers, BODY, late_ms + 1), Err(skewed));
}

#[test]
fn a_replay_and_a_delivery_from_the_future_are_refused() {
    let auth = WebhookAuth::hmac(Secret::new("topsecret"));
    let headers = signed(&auth, BODY, NOW_MS);
    for (now_ms, believed) in [
        (NOW_MS, true),
        (NOW_MS + DEFAULT_TOLERANCE_MS, true),
        (NOW_MS - DEFAULT_TOLERANCE_MS, true),
        (NOW_MS + DEFAULT_TOLERANCE_MS + 1, false),
        (NOW_MS - DEFAULT_TOLERANCE_MS - 1, false),
        (i64::MIN, false),
        (i64::MAX, false),
    ] {
        assert_eq!(auth.verify(&headers, BODY, now_ms).is_ok(), believed, "{now_ms}");
    }
}

#[test]
fn what_is_signed_is_believed_in_every_mode() {
    for auth in every_mode() {
        assert_eq!(
            auth.verify(&signed(&auth, BODY, NOW_MS), BODY, NOW_MS),
            Ok(()),
            "{auth:?}"
        );
    }
}

#[test]
fn missing_repeated_and_wrong_headers_are_told_apart() {
    for auth in every_mode() {
        let genuine = auth.sign(BODY, NOW_MS);
        for (name, value) in &genuine {
            let others = genuine.iter().filter(|(other, _)| other != name).cloned();
            let missing: HeaderMap = others.clone().collect();
            assert_eq!(
                auth.verify(&missing, BODY, NOW_MS),
                Err(AuthError::Missing(name.clone())),
                "{auth:?}"
            );

            let repeated = genuine
                .iter()
                .cloned()
                .chain([(name.clone(), value.clone())])
                .collect();
            assert_eq!(
                auth.verify(&repeated, BODY, NOW_MS),
                Err(AuthError::Repeated(name.clone())),
                "{auth:?}"
            );

            let garbage = HeaderValue::from_bytes(b"\xff\xfe").unwrap();
            let garbage: HeaderMap = others.chain([(name.clone(), garbage)]).collect();
            assert!(auth.verify(&garbage, BODY, NOW_MS).is_err(), "{auth:?}");
        }
    }
}

#[test]
fn another_secret_or_another_body_is_refused() {
    let stranger = every_mode().into_iter().map(|mut auth| {
        let (WebhookAuth::SharedSecret { secret, .. }
        | WebhookAuth::Bearer { token: secret }
        | WebhookAuth::Hmac { secret, .. }) = &mut auth;
        *secret = Secret::new("topsecreT");
        auth
    });
    for (auth, stranger) in every_mode().into_iter().zip(stranger) {
        let verdict = auth.verify(&signed(&stranger, BODY, NOW_MS), BODY, NOW_MS);
        assert!(
            matches!(verdict, Err(AuthError::Wrong(_))),
            "{auth:?} {verdict:?}"
        );
        if matches!(auth, WebhookAuth::Hmac { .. }) {
            let verdict = auth.verify(&signed(&auth, BODY, NOW_MS), b"{}", NOW_MS);
            assert!(
                matches!(verdict, Err(AuthError::Wrong(_))),
                "{auth:?} {verdict:?}"
            );
        }
    }
}

#[test]
fn malformed_proofs_have_clear_errors() {
    let hmac = hmac_with(|_, prefix, _, _| *prefix = "sha256=".to_owned());
    for (auth, pairs, expected) in [
        (
            &hmac,
            [("x-signature", "00"), ("x-timestamp", "1")],
            "the header `x-signature` cannot be read: the agreed prefix is missing",
        ),
        (
            &hmac,
            [("x-signature", "sha256=xyz"), ("x-timestamp", "1")],
            "the header `x-signature` cannot be read: the signature is not hexadecimal",
        ),
        (
            &hmac,
            [("x-signature", "sha256=00"), ("x-timestamp", "1")],
            "the header `x-signature` does not hold the right secret or signature",
        ),
        (
            &WebhookAuth::bearer(Secret::new("t")),
            [("authorization", "Basic dDp0"), ("x-timestamp", "1")],
            "the header `authorization` cannot be read: it is no bearer token",
        ),
    ] {
        assert_eq!(
            auth.verify(&headers(&pairs), BODY, NOW_MS)
                .unwrap_err()
                .to_string(),
            expected
        );
    }
    // Rightly signed, but with a time that is none.
    for timestamp in ["", "-1", "now", "1774539796.5", "99999999999999999999"] {
        let WebhookAuth::Hmac {
            secret, algorithm, ..
        } = &hmac
        else {
            unreachable!()
        };
        let payload = [timestamp.as_bytes(), b".", BODY].concat();
        let signature = format!(
            "sha256={}",
            hex::encode(algorithm.sign(secret.bytes(), [payload.as_slice()].into_iter()))
        );
        let headers = headers(&[("x-signature", &signature), ("x-timestamp", timestamp)]);
        let verdict = hmac.verify(&headers, BODY, NOW_MS);
        assert!(
            matches!(verdict, Err(AuthError::Unreadable(_, _))),
            "{timestamp}: {verdict:?}"
        );
    }
}

#[test]
fn the_word_bearer_may_be_written_in_any_case() {
    let auth = WebhookAuth::bearer(Secret::new("topsecret"));
    for (value, believed) in [
        ("Bearer topsecret", true),
        ("bearer topsecret", true),
        ("BEARER  topsecret", true),
        ("topsecret", false),
        ("Bearer", false),
        ("Bearer ", false),
    ] {
        let verdict = auth.verify(&headers(&[("authorization", value)]), BODY, NOW_MS);
        assert_eq!(verdict.is_ok(), believed, "{value}");
    }
}

#[test]
fn settings_that_cannot_protect_refuse_everything_and_sign_nothing() {
    for auth in [
        WebhookAuth::shared_secret(Secret::new("")),
        WebhookAuth::shared_secret(Secret::new(" ")),
        WebhookAuth::shared_secret(Secret::new("topsecret\n")),
        WebhookAuth::bearer(Secret::new("")),
        WebhookAuth::hmac(Secret::new("")),
        hmac_with(|_, _, format, _| *format = "{timestamp}".to_owned()),
        hmac_with(|_, _, format, _| *format = "{method}{body}".to_owned()),
    ] {
        assert!(
            matches!(auth.check(), Err(AuthError::Misconfigured(_))),
            "{auth:?}"
        );
        assert!(auth.sign(BODY, NOW_MS).is_empty());
        let forged = headers(&[
            ("x-vapi-secret", ""),
            ("authorization", "Bearer "),
            ("x-signature", ""),
        ]);
        assert!(
            matches!(
                auth.verify(&forged, BODY, NOW_MS),
                Err(AuthError::Misconfigured(_))
            ),
            "{auth:?}"
        );
    }
    for auth in every_mode() {
        assert_eq!(auth.check(), Ok(()), "{auth:?}");
    }
}

/// Nobody makes the server read megabytes with headers that no genuine delivery has.
#[test]
fn headers_that_cannot_be_right_are_turned_away_before_the_body_is_read() {
    for auth in every_mode() {
        assert_eq!(
            auth.admit(&signed(&auth, BODY, NOW_MS), NOW_MS),
            Ok(()),
            "{auth:?}"
        );
        assert!(auth.admit(&HeaderMap::new(), NOW_MS).is_err(), "{auth:?}");
    }
    let auth = WebhookAuth::hmac(Secret::new("topsecret"));
    let right_form = "0".repeat(64);
    let now = NOW_MS.to_string();
    assert_eq!(
        auth.admit(
            &headers(&[("x-signature", &right_form), ("x-timestamp", &now)]),
            NOW_MS
        ),
        Ok(()),
        "only the body can tell"
    );
    let old = (NOW_MS - DEFAULT_TOLERANCE_MS - 1).to_string();
    for pairs in [
        &[("x-signature", right_form.as_str())][..],
        &[("x-timestamp", &now)],
        &[("x-signature", ""), ("x-timestamp", &now)],
        &[("x-signature", "00ff"), ("x-timestamp", &now)],
        &[("x-signature", "not hexadecimal"), ("x-timestamp", &now)],
        &[("x-signature", &right_form), ("x-timestamp", "yesterday")],
        &[("x-signature", &right_form), ("x-timestamp", &old)],
        &[
            ("x-signature", &right_form),
            ("x-signature", &right_form),
            ("x-timestamp", &now),
        ],
    ] {
        assert!(auth.admit(&headers(pairs), NOW_MS).is_err(), "{pairs:?}");
    }
}

#[test]
fn a_secret_in_base64_is_its_bytes() {
    let auth = WebhookAuth::hmac(Secret::from_base64(" dG9wc2VjcmV0 ").unwrap());
    let plain = WebhookAuth::hmac(Secret::new("topsecret"));
    assert_eq!(auth.verify(&signed(&plain, BODY, NOW_MS), BODY, NOW_MS), Ok(()));
    assert!(Secret::from_base64("not base64!").is_none());
}

#[test]
fn debug_output_hides_secrets() {
    for auth in every_mode() {
        assert!(!format!("{auth:?}").contains("topsecret"));
        assert!(
            auth.sign(BODY, NOW_MS)
                .iter()
                .all(|(_, value)| !format!("{value:?}").contains("topsecret"))
        );
    }
}

proptest! {
    /// No input but the right one is believed, and none makes the check panic.
    #[test]
    fn arbitrary_headers_are_never_believed(
        value in proptest::collection::vec(proptest::num::u8::ANY, 0..80),
        timestamp in proptest::collection::vec(proptest::num::u8::ANY, 0..24),
        now_ms in proptest::num::i64::ANY,
    ) {
        let value = HeaderValue::from_bytes(&value).unwrap_or(HeaderValue::from_static(""));
        let timestamp = HeaderValue::from_bytes(&timestamp).unwrap_or(HeaderValue::from_static("1"));
        for auth in every_mode() {
            let names = ["x-vapi-secret", "authorization", "x-signature"].map(HeaderName::from_static);
            let mut forged: HeaderMap = names.into_iter().map(|name| (name, value.clone())).collect();
            forged.insert("x-timestamp", timestamp.clone());
            prop_assert!(auth.verify(&forged, BODY, now_ms).is_err());
        }
    }

    #[test]
    fn every_body_can_be_signed(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        for auth in every_mode() {
            prop_assert_eq!(auth.verify(&signed(&auth, &body, NOW_MS), &body, NOW_MS), Ok(()));
        }
    }
}
