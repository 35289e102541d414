//! Forms that work without scripts, as they are sent.

use std::collections::BTreeMap;

use axum::{Form, extract::rejection::FormRejection};
use http::StatusCode;

use crate::{error::ApiError, pages::FormField};

/// The fields of a form, each as often as it was sent.
pub(crate) struct Posted(BTreeMap<String, Vec<String>>);

impl Posted {
    /// What was sent. 400 `invalid_form` for what is no form, `nul_character` for what cannot be stored.
    pub(crate) fn new(sent: Result<Form<Vec<(String, String)>>, FormRejection>) -> Result<Self, ApiError> {
        let Form(pairs) = sent.map_err(|error| {
            let message = "The form cannot be read. Send it as application/x-www-form-urlencoded.";
            ApiError::new(StatusCode::BAD_REQUEST, "invalid_form", message).caused_by(error)
        })?;
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs {
            if name.contains('\0') || value.contains('\0') {
                return Err(ApiError::nul());
            }
            fields.entry(name).or_default().push(value);
        }
        Ok(Self(fields))
    }

    /// A field that is sent once, without spaces at its ends. `None`: it was not sent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.last().map(|text| text.trim())
    }

    /// A field that may be sent several times: what was chosen. `None`: it was not sent.
    pub(crate) fn chosen(&self, name: &str) -> Option<Vec<&str>> {
        let values = self.0.get(name)?.iter().map(|value| value.trim());
        Some(values.filter(|value| !value.is_empty()).collect())
    }

    /// Reads a field into its place on the page, with what is wrong with it. `None`: it was not sent, or is wrong.
    pub(crate) fn read<T>(
        &self,
        name: &str,
        field: &mut FormField,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(name)?;
        text.clone_into(&mut field.value);
        match read(text) {
            Ok(value) => Some(value),
            Err(error) => {
                field.error = Some(error);
                None
            }
        }
    }
}
