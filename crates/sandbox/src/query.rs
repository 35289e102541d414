//! The filters of lists.

use crate::book::Window;
use crate::time;
use crate::validate::Problem;
use crate::world::Refusal;
use uuid::Uuid;

/// What a list request asks for.
#[derive(Debug)]
pub(crate) struct Filters {
    pub(crate) id: Option<Uuid>,
    pub(crate) assistant_id: Option<Uuid>,
    pub(crate) phone_number_id: Option<Uuid>,
    pub(crate) limit: usize,
    pub(crate) created: Window,
    pub(crate) updated: Window,
}

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: f64 = 1_000.0;

impl Filters {
    /// Reads a query string. Anything but the filters named in `ids`, the limit and the moments is refused.
    pub(crate) fn read(query: &str, ids: &[&str]) -> Result<Filters, Refusal> {
        let mut filters = Filters {
            id: None,
            assistant_id: None,
            phone_number_id: None,
            limit: DEFAULT_LIMIT,
            created: Window::ALL,
            updated: Window::ALL,
        };
        let mut problems = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Err((code, message)) = filters.set(&name, &value, ids) {
                problems.push(Problem {
                    code,
                    message,
                    pointer: format!("/query/{name}"),
                });
            }
        }
        if problems.is_empty() {
            Ok(filters)
        } else {
            Err(Refusal::Invalid(problems))
        }
    }

    fn set(&mut self, name: &str, value: &str, ids: &[&str]) -> Result<(), (&'static str, String)> {
        if ids.contains(&name) {
            let id =
                Uuid::try_parse(value).map_err(|_| ("INVALID_FORMAT", format!("{name} must be a UUID")))?;
            match name {
                "id" => self.id = Some(id),
                "assistantId" => self.assistant_id = Some(id),
                _ => self.phone_number_id = Some(id),
            }
            return Ok(());
        }
        if name == "limit" {
            return self.set_limit(value);
        }
        let (window, relation) = if let Some(relation) = name.strip_prefix("createdAt") {
            (&mut self.created, relation)
        } else if let Some(relation) = name.strip_prefix("updatedAt") {
            (&mut self.updated, relation)
        } else {
            return Err(("FIELD_NOT_ALLOWED", format!("property {name} should not exist")));
        };
        let wrong = || {
            (
                "INVALID_FORMAT",
                format!("{name} must be a valid ISO 8601 date string"),
            )
        };
        let moment_ms = || time::parse_ms(value).ok_or_else(wrong);
        match relation {
            "Ge" => window.from_ms = window.from_ms.max(moment_ms()?),
            "Gt" => window.from_ms = window.from_ms.max(moment_ms()? + 1),
            "Le" => window.to_ms = window.to_ms.min(moment_ms()?),
            "Lt" => window.to_ms = window.to_ms.min(moment_ms()? - 1),
            _ => return Err(("FIELD_NOT_ALLOWED", format!("property {name} should not exist"))),
        }
        Ok(())
    }

    fn set_limit(&mut self, value: &str) -> Result<(), (&'static str, String)> {
        let message = match value.parse::<f64>() {
            Ok(limit) if limit > MAX_LIMIT => "limit must not be greater than 1000",
            Ok(limit) if limit < 0.0 => "limit must not be less than 0",
            Ok(limit) if limit.is_finite() => {
                self.limit = limit as usize;
                return Ok(());
            }
            _ => "limit must be a number conforming to the specified constraints",
        };
        Err(("OUT_OF_RANGE", message.to_owned()))
    }
}
