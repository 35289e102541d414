use std::io::Write;

use super::*;
use crate::settings::sources::{Sourced, Sources};

fn settings(values: &[(&'static str, &str)]) -> anyhow::Result<Settings> {
    let sourced = |value: &str| Sourced {
        value: value.to_owned().into(),
        origin: "a test".to_owned(),
    };
    let sources = Sources(
        values
            .iter()
            .map(|(name, value)| (*name, sourced(value)))
            .collect(),
    );
    Settings::from_values(&Values::new(sources))
}

fn complaint(values: &[(&'static str, &str)]) -> String {
    settings(values).unwrap_err().to_string()
}

#[test]
fn nothing_set_is_a_working_installation_on_this_machine() {
    let settings = settings(&[]).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(
        (
            settings.default_cap,
            settings.cadence_seconds,
            settings.account_lines,
            settings.log_level.as_str()
        ),
        (8, 60, 10, "info")
    );
    assert!(settings.public_url.is_none() && settings.database_url.is_none());
}

#[test]
fn a_bad_value_is_named_with_what_would_be_right() {
    let cases = [
        (("DEFAULT_CONCURRENCY_CAP", "many"), "a whole number from 1 to 50"),
        (("DEFAULT_CONCURRENCY_CAP", "51"), "a whole number from 1 to 50"),
        (("DEFAULT_CRON_CADENCE", "1"), "a whole number from 10 to 3600"),
        (("LISTEN_ADDRESS", "localhost"), "an address and port"),
        (("PUBLIC_URL", "calls.example.com"), "an address such as"),
        (("WEBHOOK_AUTH", "basic"), "secret or bearer or hmac"),
        (("DEFAULT_REGION", "Britain"), "two letters"),
        (("STRICT_BATCHING", "no"), "true or false"),
        (("PHONE_LINE_HEALTH_CHECK", "0"), "true or false"),
        (("TRANSCRIPT_ANALYSIS", "off"), "true or false"),
        (("COST_TRACKING", "none"), "true or false"),
        (("EXPORT_FUNCTIONALITY", "yes"), "true or false"),
        (
            ("DEFAULT_POLICY", "lax"),
            "standard, us-strict, us-states, unrestricted",
        ),
        (
            ("DEFAULT_POLICY", "{\"limits\":{\"per_contact\":-1}}"),
            "limits.per_contact",
        ),
    ];
    for ((name, value), right) in cases {
        let complaint = complaint(&[(name, value)]);
        assert!(
            complaint.contains(name) && complaint.contains(value) && complaint.contains(right),
            "{complaint}"
        );
        assert!(
            complaint.contains("a test"),
            "it says where the value stands: {complaint}"
        );
    }
}

#[test]
fn it_refuses_to_listen_where_others_can_connect() {
    for address in ["0.0.0.0:3000", "192.0.2.1:80", "[::]:3000"] {
        assert!(
            complaint(&[("LISTEN_ADDRESS", address)]).contains("only this machine may connect"),
            "{address}"
        );
    }
    assert!(settings(&[("LISTEN_ADDRESS", "[::1]:3000")]).is_ok());
}

#[test]
fn webhooks_without_a_secret_are_refused() {
    let url = ("PUBLIC_URL", "https://calls.example.com/");
    assert!(complaint(&[url]).contains("WEBHOOK_SHARED_SECRET"));
    for name in ["WEBHOOK_SHARED_SECRET", "CRON_SHARED_SECRET"] {
        assert!(
            complaint(&[
                url,
                ("WEBHOOK_SHARED_SECRET", "sixteen letters."),
                (name, "fifteen letters")
            ])
            .contains(name)
        );
    }
    let settings = settings(&[url, ("WEBHOOK_SHARED_SECRET", "sixteen letters.")]).unwrap();
    assert_eq!(settings.public_url.as_deref(), Some("https://calls.example.com"));
    let hmac = complaint(&[
        url,
        ("WEBHOOK_SHARED_SECRET", "sixteen letters."),
        ("WEBHOOK_AUTH", "hmac"),
    ]);
    assert!(hmac.contains("VAPI_WEBHOOK_CREDENTIAL_ID"), "{hmac}");
}

#[test]
fn each_feature_is_on_until_its_own_setting_switches_it_off() {
    let features = |values: &[(&'static str, &str)]| settings(values).unwrap().features;
    let all = Features::default();
    assert_eq!(features(&[]), all);
    let cases = [
        (
            "STRICT_BATCHING",
            Features {
                strict_batching: false,
                ..all
            },
        ),
        (
            "PHONE_LINE_HEALTH_CHECK",
            Features {
                phone_line_health_check: false,
                ..all
            },
        ),
        (
            "TRANSCRIPT_ANALYSIS",
            Features {
                transcript_analysis: false,
                ..all
            },
        ),
        (
            "COST_TRACKING",
            Features {
                cost_tracking: false,
                ..all
            },
        ),
        (
            "EXPORT_FUNCTIONALITY",
            Features {
                export_functionality: false,
                ..all
            },
        ),
    ];
    for (name, without) in cases {
        assert_eq!(features(&[(name, "false")]), without, "{name}");
        assert_eq!(features(&[(name, "true")]), all, "{name}");
    }
}

#[test]
fn a_file_is_read_and_its_unknown_names_are_refused() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(
        file,
        "default_concurrency_cap = 12\ncost_tracking = false\nDATABASE_URL = \"sqlite:/tmp/a.db\""
    )
    .unwrap();
    let path = file.path().to_owned();
    let flags = |listen: &str| SettingFlags {
        config: Some(path.clone()),
        listen: Some(listen.to_owned().into()),
        ..SettingFlags::default()
    };
    let settings = flags("127.0.0.1:9").resolve().unwrap();
    assert_eq!((settings.default_cap, settings.listen.port()), (12, 9));
    assert!(!settings.features.cost_tracking);
    writeln!(file, "databse_url = \"x\"").unwrap();
    let complaint = format!("{:#}", flags("127.0.0.1:9").resolve().unwrap_err());
    assert!(
        complaint.contains("there is no setting `databse_url`"),
        "{complaint}"
    );
}
