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
pub(crate) fn hidden(value: Value) -> Value {
    hidden_where(value, &|key, _| {
        let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
        HIDDEN.contains(&key.to_ascii_lowercase().as_str())
    })
}

/// The same value with every field for which `hides` holds replaced by `[hidden]`, at any depth.
#[must_use]
pub(crate) fn hidden_where(mut value: Value, hides: &dyn Fn(&str, &Value) -> bool) -> Value {
    hide(&mut value, hides);
    value
}

fn hide(value: &mut Value, hides: &dyn Fn(&str, &Value) -> bool) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, hides)),
        Value::Object(fields) => {
            for (key, value) in fields {
                if !value.is_null() && hides(key, value) {
                    *value = MARK.into();
                } else {
                    hide(value, hides);
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
