//! Why an assistant cannot call, as an error of the API.

use http::StatusCode;
use serde_json::json;
use store::Trouble;

use crate::error::ApiError;

/// In words, and what to do.
pub(crate) fn words(trouble: Trouble) -> (&'static str, &'static str) {
    match trouble {
        Trouble::Template => ("template", "It is a template. Clone it and use the clone."),
        Trouble::Deleted => (
            "deleted",
            "It was taken out of the directory. Import it again, or choose another.",
        ),
        Trouble::Unconfirmed => (
            "unconfirmed",
            "The provider has not confirmed it yet. Wait until that is settled, or choose another.",
        ),
        Trouble::Removed => (
            "removed",
            "It was made for one campaign and removed after it. Clone it, or choose another.",
        ),
        Trouble::Gone => (
            "gone",
            "The provider does not have it any more. Make it anew on its page, or choose another.",
        ),
        Trouble::Inactive => ("inactive", "It is inactive. Activate it, or choose another."),
    }
}

/// 409 `assistant_unfit`.
pub(crate) fn unfit(trouble: Trouble) -> ApiError {
    let (code, words) = words(trouble);
    ApiError::new(
        StatusCode::CONFLICT,
        "assistant_unfit",
        format!("The assistant cannot call. {words}"),
    )
    .with_details(json!({ "trouble": code }))
}
