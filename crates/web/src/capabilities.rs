//! The provider's own words without what lets somebody act: addresses that command or overhear a live call, and the
//! secrets that we give the provider and that it repeats.

use serde_json::Value;

/// Keys, in lower case and without punctuation, whose values are hidden wherever they stand.
const HIDDEN: [&str; 13] = [
    "controlurl",
    "listenurl",
    "headers",
    "secret",
    "serverurlsecret",
    "authorization",
    "apikey",
    "authtoken",
    "token",
    "password",
    "privatekey",
    "publickey",
    "credentials",
];

const MARK: &str = "[hidden]";

/// The same value with everything of that kind replaced by `[hidden]`.
#[must_use]
pub(crate) fn hidden(mut value: Value) -> Value {
    hide(&mut value);
    value
}

fn hide(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Object(fields) => {
            for (key, value) in fields {
                let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
                if !value.is_null() && HIDDEN.contains(&key.to_ascii_lowercase().as_str()) {
                    *value = MARK.into();
                } else {
                    hide(value);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn capabilities_and_secrets_are_hidden_at_any_depth_and_nothing_else_is() {
        let payload = json!({
            "message": {
                "type": "status-update",
                "call": [{ "monitor": { "controlUrl": "https://x/control", "listenUrl": "wss://x/listen" } }],
                "server": { "url": "https://us.example/hook", "headers": { "X-Vapi-Secret": "s3cret" } },
                "assistant": { "model": { "api_key": "k", "maxTokens": 250 }, "serverUrlSecret": null },
            }
        });
        let shown = hidden(payload);
        assert_eq!(
            shown,
            json!({
                "message": {
                    "type": "status-update",
                    "call": [{ "monitor": { "controlUrl": "[hidden]", "listenUrl": "[hidden]" } }],
                    "server": { "url": "https://us.example/hook", "headers": "[hidden]" },
                    "assistant": { "model": { "api_key": "[hidden]", "maxTokens": 250 }, "serverUrlSecret": null },
                }
            })
        );
    }
}
