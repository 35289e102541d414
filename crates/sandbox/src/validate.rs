//! Checks a request body against its shape and words what is wrong as the provider does.

use crate::shape::{Kind, SHAPES, Shape};
use crate::time;
use serde_json::{Map, Value};
use uuid::Uuid;

/// One thing that is wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The code of the newer error shape, as `FIELD_NOT_ALLOWED`.
    pub(crate) code: &'static str,
    /// The message of the legacy shape, path included.
    pub(crate) message: String,
    /// JSON pointer, beginning with `/body`.
    pub(crate) pointer: String,
}

const E164_HINT: &str = "must be a valid phone number in the E.164 format. Hot tip, you may be missing the \
                         country code (Eg. US: +1).";

/// Everything wrong with `body` as an instance of the shape or union of that name.
pub(crate) fn check(name: &str, body: &Value) -> Vec<Problem> {
    let mut walk = Walk {
        path: Vec::new(),
        problems: Vec::new(),
    };
    walk.named(name, body);
    walk.problems
}

/// What is wrong with a customer's number, if anything. `path` is where the customer stands, as `customer.`.
pub(crate) fn number_problem(path: &str, customer: &Map<String, Value>) -> Option<Problem> {
    let number = customer.get("number")?.as_str()?;
    let e164 = customer
        .get("numberE164CheckEnabled")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    let (right, hint) = if e164 {
        (is_e164(number), E164_HINT)
    } else {
        let rest = number.strip_prefix('+').unwrap_or(number);
        let right = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (right, "must match /^\\+?[a-zA-Z0-9]+$/ regular expression")
    };
    (!right).then(|| Problem {
        code: "INVALID_FORMAT",
        message: format!("{path}number {hint}"),
        pointer: format!("/body/{}number", path.replace('.', "/")),
    })
}

fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

struct Walk {
    path: Vec<String>,
    problems: Vec<Problem>,
}

impl Walk {
    /// Records a problem of the property at the end of the path.
    fn problem(&mut self, code: &'static str, what: &str) {
        let (last, parents) = match self.path.split_last() {
            Some((last, parents)) => (last.as_str(), parents),
            None => ("body", [].as_slice()),
        };
        let prefix: String = parents.iter().map(|part| format!("{part}.")).collect();
        let message = if code == "FIELD_NOT_ALLOWED" {
            format!("{prefix}property {last} {what}")
        } else {
            format!("{prefix}{last} {what}")
        };
        let pointer = self
            .path
            .iter()
            .fold("/body".to_owned(), |pointer, part| pointer + "/" + part);
        self.problems.push(Problem {
            code,
            message,
            pointer,
        });
    }

    fn named(&mut self, name: &str, value: &Value) {
        if let Some(union) = SHAPES.unions.get(name) {
            if value
                .as_str()
                .is_some_and(|literal| union.literals.contains(&literal))
            {
                return;
            }
            let Some(object) = value.as_object() else {
                return self.problem("INVALID_TYPE", "must be an object");
            };
            let choice = object.get(union.by).and_then(Value::as_str).unwrap_or_default();
            // `customer.speech.timeout[property=value]` is a `customer.speech.timeout`.
            let choice = choice.split('[').next().unwrap_or_default();
            match union.shape_of.get(choice) {
                Some(name) => {
                    if let Some(shape) = SHAPES.shapes.get(name) {
                        self.object(shape, object);
                    }
                }
                None => {
                    let known: Vec<_> = union.shape_of.keys().copied().collect();
                    self.path.push(union.by.into());
                    let what = format!("must be one of the following values: {}", known.join(", "));
                    self.problem("INVALID_CHOICE", &what);
                    self.path.pop();
                }
            }
        } else if let Some(shape) = SHAPES.shapes.get(name) {
            match value.as_object() {
                Some(object) => self.object(shape, object),
                None => self.problem("INVALID_TYPE", "must be an object"),
            }
        }
    }

    fn object(&mut self, shape: &Shape, object: &Map<String, Value>) {
        for (name, value) in object {
            self.path.push(name.clone());
            match shape.get(name.as_str()) {
                None => self.problem("FIELD_NOT_ALLOWED", "should not exist"),
                Some(property) if value.is_null() && !property.required => {}
                Some(property) => self.value(&property.kind, value),
            }
            self.path.pop();
        }
        for (name, _) in shape
            .iter()
            .filter(|(name, property)| property.required && !object.contains_key(**name))
        {
            self.path.push((*name).to_owned());
            self.problem("FIELD_REQUIRED", "should not be null or undefined");
            self.path.pop();
        }
    }

    fn value(&mut self, kind: &Kind, value: &Value) {
        match kind {
            Kind::Any => {}
            Kind::Named(name) => self.named(name, value),
            Kind::Object if !value.is_object() => self.problem("INVALID_TYPE", "must be an object"),
            Kind::Boolean if !value.is_boolean() => self.problem("INVALID_TYPE", "must be a boolean value"),
            Kind::Object | Kind::Boolean => {}
            Kind::Uuid => match value.as_str() {
                Some(text) if Uuid::try_parse(text).is_ok() => {}
                _ => self.problem("INVALID_FORMAT", "must be a UUID"),
            },
            Kind::DateTime => match value.as_str() {
                Some(text) if time::parse_ms(text).is_some() => {}
                _ => self.problem("INVALID_FORMAT", "must be a valid ISO 8601 date string"),
            },
            Kind::Text { least, most } => self.text(*least, *most, value),
            Kind::Number { least, most } => self.number(*least, *most, value),
            Kind::Choice(choices) => {
                if !value.as_str().is_some_and(|choice| choices.contains(&choice)) {
                    let what = format!("must be one of the following values: {}", choices.join(", "));
                    self.problem("INVALID_CHOICE", &what);
                }
            }
            Kind::List(inner) => match value.as_array() {
                None => self.problem("INVALID_TYPE", "must be an array"),
                Some(items) => {
                    for (nth, item) in items.iter().enumerate() {
                        self.path.push(nth.to_string());
                        self.value(inner, item);
                        self.path.pop();
                    }
                }
            },
        }
    }

    fn text(&mut self, least: usize, most: usize, value: &Value) {
        let Some(text) = value.as_str() else {
            return self.problem("INVALID_TYPE", "must be a string");
        };
        let length = text.chars().count();
        if length > most {
            self.problem(
                "OUT_OF_RANGE",
                &format!("must be shorter than or equal to {most} characters"),
            );
        } else if length < least {
            self.problem(
                "OUT_OF_RANGE",
                &format!("must be longer than or equal to {least} characters"),
            );
        }
    }

    fn number(&mut self, least: f64, most: f64, value: &Value) {
        let Some(number) = value.as_f64() else {
            return self.problem(
                "INVALID_TYPE",
                "must be a number conforming to the specified constraints",
            );
        };
        if number > most {
            self.problem("OUT_OF_RANGE", &format!("must not be greater than {most}"));
        } else if number < least {
            self.problem("OUT_OF_RANGE", &format!("must not be less than {least}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn messages(name: &str, body: &Value) -> Vec<String> {
        check(name, body)
            .into_iter()
            .map(|problem| problem.message)
            .collect()
    }

    #[test]
    fn unknown_properties_are_refused_at_every_depth() {
        let body = json!({
            "metadata": {},
            "customer": {"number": "+14155550123", "phone": "1"},
            "assistantOverrides": {"server": {"secret": "s"}, "model": {"provider": "openai", "model": "x", "temp": 1}},
            "schedulePlan": {"earliestAt": "2026-01-01T00:00:00Z", "at": 1},
        });
        let mut found = messages("CreateCall", &body);
        found.sort();
        assert_eq!(
            found,
            [
                "assistantOverrides.model.property temp should not exist",
                "assistantOverrides.server.property secret should not exist",
                "customer.property phone should not exist",
                "property metadata should not exist",
                "schedulePlan.property at should not exist",
            ]
        );
    }

    #[test]
    fn values_are_held_to_their_limits() {
        let long = "x".repeat(41);
        assert_eq!(
            messages("CreateCall", &json!({"name": long})),
            ["name must be shorter than or equal to 40 characters"]
        );
        assert_eq!(
            messages("CreateCall", &json!({"customer": {"externalId": long}})),
            ["customer.externalId must be shorter than or equal to 40 characters"]
        );
        for (seconds, what) in [
            (9, "must not be less than 10"),
            (43_201, "must not be greater than 43200"),
        ] {
            let body = json!({"assistantOverrides": {"maxDurationSeconds": seconds}});
            let expected = format!("assistantOverrides.maxDurationSeconds {what}");
            assert_eq!(messages("CreateCall", &body), [expected]);
        }
        assert_eq!(
            messages("CreateCall", &json!({"assistantId": "x"})),
            ["assistantId must be a UUID"]
        );
        assert_eq!(
            messages("CreateAssistant", &json!({"model": "gpt-4"})),
            ["model must be an object"]
        );
        assert_eq!(
            messages(
                "Server",
                &json!({"backoffPlan": {"type": "fixed", "maxRetries": 11}})
            ),
            [
                "backoffPlan.maxRetries must not be greater than 10",
                "backoffPlan.baseDelaySeconds should not be null or undefined",
            ]
        );
        assert!(
            messages(
                "CreateAssistant",
                &json!({"voicemailDetection": "off", "name": null})
            )
            .is_empty()
        );
        for (temperature, expected) in [
            (2.0, None),
            (2.5, Some("model.temperature must not be greater than 2")),
        ] {
            let model = json!({"provider": "openai", "model": "gpt-4o", "temperature": temperature});
            let found = messages("CreateAssistant", &json!({"model": model}));
            assert_eq!(found, Vec::from_iter(expected));
        }
        let plan =
            json!({"successEvaluationPlan": {"rubric": "Stars"}, "structuredDataMultiPlan": [{"key": "a"}]});
        assert_eq!(
            messages("CreateAssistant", &json!({"analysisPlan": plan})),
            [
                "analysisPlan.structuredDataMultiPlan.0.plan should not be null or undefined",
                "analysisPlan.successEvaluationPlan.rubric must be one of the following values: NumericScale, \
                 DescriptiveScale, Checklist, Matrix, PercentageScale, LikertScale, AutomaticRubric, PassFail",
            ]
        );
        let pointer = &check("CreateCall", &json!({"customer": {"phone": 1}}))[0].pointer;
        assert_eq!(pointer, "/body/customer/phone");
    }

    #[test]
    fn hooks_are_held_to_the_shape_of_their_event() {
        let hooks = json!([
            {
                "on": "customer.speech.timeout",
                "options": {"timeoutSeconds": 10, "triggerMaxCount": 3, "triggerResetMode": "onUserSpeech"},
                "do": [{"type": "say", "exact": ["Still there?", "Hello?"]}, {"type": "tool", "tool": {"type": "endCall"}}],
            },
            {"on": "customer.speech.timeout[kind=first]", "do": []},
            {
                "on": "call.ending",
                "do": [{"type": "tool", "toolId": "t"}],
                "filters": [{"type": "oneOf", "key": "call.endedReason", "oneOf": ["voicemail"]}],
            },
            {"on": "assistant.speech.interrupted", "do": [{"type": "tool", "tool": {"type": "sms", "name": "x"}}]},
        ]);
        assert!(messages("CreateAssistant", &json!({"hooks": hooks})).is_empty());
        let wrong = json!([
            {"on": "customer.silence", "do": []},
            {"on": "customer.speech.timeout", "do": [], "options": {"timeoutSeconds": 0.5, "triggerMaxCount": 11}},
            {"on": "customer.speech.timeout", "options": {}, "do": [{"type": "tool", "tool": {"type": "endCall", "x": 1}}]},
            {"on": "call.ending", "do": [{"type": "say", "exact": "Bye"}]},
        ]);
        assert_eq!(
            messages("CreateAssistant", &json!({"hooks": wrong})),
            [
                "hooks.0.on must be one of the following values: assistant.speech.interrupted, call.ending, \
                 customer.speech.interrupted, customer.speech.timeout, session.created",
                "hooks.1.options.timeoutSeconds must not be less than 1",
                "hooks.1.options.triggerMaxCount must not be greater than 10",
                "hooks.2.do.0.tool.property x should not exist",
                "hooks.2.options.timeoutSeconds should not be null or undefined",
                "hooks.3.do.0.type must be one of the following values: message.add, tool",
            ]
        );
    }

    #[test]
    fn numbers_must_be_e164_unless_the_check_is_off() {
        let problem = |customer: Value| number_problem("customer.", customer.as_object().unwrap());
        assert_eq!(problem(json!({"number": "+14155550123"})), None);
        for number in [
            "4155550123",
            "+1 415 555 0123",
            "+0123456789",
            "+1234567890123456",
            "+12",
        ] {
            assert!(
                problem(json!({"number": number}))
                    .unwrap()
                    .message
                    .starts_with("customer.number must be")
            );
        }
        assert_eq!(
            problem(json!({"number": "1001", "numberE164CheckEnabled": false})),
            None
        );
        assert!(problem(json!({"number": "10 01", "numberE164CheckEnabled": false})).is_some());
    }
}
