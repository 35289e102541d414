//! What an installation can do without: the feature switches.
//!
//! A switch hides or refuses; it never changes what is recorded, and no rule of calling depends on one. What is shown
//! passes through [`crate::shown`]; what is refused is refused here, with the setting that would allow it.

use domain::campaign::Mode;
use http::StatusCode;
use serde::Serialize;
use serde_json::json;

use crate::error::ApiError;

/// Which features are on. All of them, unless the settings say otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Features {
    /// `STRICT_BATCHING`: campaigns can be made to call in batches. Those that do go on without it.
    pub strict_batching: bool,
    /// `PHONE_LINE_HEALTH_CHECK`: the health of lines is looked up and shown, and batches can wait for a quiet line.
    pub phone_line_health_check: bool,
    /// `TRANSCRIPT_ANALYSIS`: what was said in calls and what was concluded from it is shown.
    pub transcript_analysis: bool,
    /// `COST_TRACKING`: what calls cost is shown. Budgets and alerts hold without it.
    pub cost_tracking: bool,
    /// `EXPORT_FUNCTIONALITY`: results and assistants can be downloaded as files.
    pub export_functionality: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            strict_batching: true,
            phone_line_health_check: true,
            transcript_analysis: true,
            cost_tracking: true,
            export_functionality: true,
        }
    }
}

impl Features {
    /// Everything switched off.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            strict_batching: false,
            phone_line_health_check: false,
            transcript_analysis: false,
            cost_tracking: false,
            export_functionality: false,
        }
    }

    /// Whether a campaign that has the order `present`, or none yet, may get this one: 403 when a feature that it asks for
    /// newly is switched off.
    pub(crate) fn allow_order(
        self,
        (mode, quiet_line_gate): (Mode, bool),
        present: Option<(Mode, bool)>,
    ) -> Result<(), ApiError> {
        let (present_mode, present_gate) = present.unwrap_or((Mode::Continuous, false));
        if mode == Mode::Batch && present_mode != Mode::Batch && !self.strict_batching {
            return Err(off("STRICT_BATCHING", "Calling in batches", Some("mode")));
        }
        if quiet_line_gate && !present_gate && !self.phone_line_health_check {
            let what = "Waiting for a quiet line";
            return Err(off("PHONE_LINE_HEALTH_CHECK", what, Some("quiet_line_gate")));
        }
        Ok(())
    }

    /// 403 when the health of lines is not looked up.
    pub(crate) fn allow_line_health(self) -> Result<(), ApiError> {
        let refused = || off("PHONE_LINE_HEALTH_CHECK", "The health of lines", None);
        self.phone_line_health_check.then_some(()).ok_or_else(refused)
    }

    /// 403 when nothing can be exported.
    pub(crate) fn allow_export(self) -> Result<(), ApiError> {
        let refused = || off("EXPORT_FUNCTIONALITY", "Exporting", None);
        self.export_functionality.then_some(()).ok_or_else(refused)
    }
}

/// 403: somebody switched it off. `details.setting` says by what.
fn off(setting: &str, what: &str, field: Option<&str>) -> ApiError {
    let message = format!("{what} is switched off on this server: the setting {setting} is `false`.");
    let details = match field {
        Some(field) => json!({ "setting": setting, "field": field }),
        None => json!({ "setting": setting }),
    };
    ApiError::new(StatusCode::FORBIDDEN, "feature_off", message).with_details(details)
}
