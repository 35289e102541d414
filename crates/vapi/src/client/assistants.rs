//! Saved assistants.
//!
//! Definitions are free JSON: their schema has hundreds of fields and changes weekly. Nested objects of a change
//! (`model`, `voice`, `server`) are sent whole, because whether the provider merges or replaces them is not documented.

use http::Method;
use serde_json::Value;

use super::Client;
use super::exchange::{json_body, list};
use crate::assistant::Assistant;
use crate::error::ApiError;
use crate::instant::iso_ms;
use crate::raw::Raw;

impl Client {
    /// `GET /assistant/{id}`; `None` if the provider does not know it.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`](crate::ApiErrorKind).
    pub async fn get_assistant(&self, id: &str) -> Result<Option<Raw<Assistant>>, ApiError> {
        self.get("look up the assistant", &["assistant", id], Raw::parse)
            .await
    }

    /// `GET /assistant`: the account's assistants, at most 1,000.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`](crate::ApiErrorKind).
    pub async fn list_assistants(&self) -> Result<Vec<Raw<Assistant>>, ApiError> {
        let action = "list assistants";
        let url = self.listing_address(action, "assistant")?;
        self.exchange(action, self.request(Method::GET, &url, None), list)
            .await
    }

    /// `GET /assistant?createdAtGe`: the account's assistants that were created at or after this moment (milliseconds
    /// UTC), at most 1,000.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`](crate::ApiErrorKind).
    pub async fn assistants_created_since(&self, since_ms: i64) -> Result<Vec<Raw<Assistant>>, ApiError> {
        let action = "list new assistants";
        let mut url = self.listing_address(action, "assistant")?;
        url.query_pairs_mut()
            .append_pair("createdAtGe", &iso_ms(since_ms));
        self.exchange(action, self.request(Method::GET, &url, None), list)
            .await
    }

    /// `POST /assistant`.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`](crate::ApiErrorKind). After a transport error in doubt or `Unavailable` the assistant may
    /// exist.
    pub async fn create_assistant(&self, definition: &Value) -> Result<Raw<Assistant>, ApiError> {
        let action = "create the assistant";
        let url = self.address(action, &["assistant"])?;
        let request = self.request(Method::POST, &url, Some(json_body(definition)));
        self.exchange(action, request, Raw::parse).await
    }

    /// `PATCH /assistant/{id}`: changes the fields that are given.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`](crate::ApiErrorKind).
    pub async fn update_assistant(&self, id: &str, changes: &Value) -> Result<Raw<Assistant>, ApiError> {
        let action = "change the assistant";
        let url = self.address(action, &["assistant", id])?;
        let request = self.request(Method::PATCH, &url, Some(json_body(changes)));
        self.exchange(action, request, Raw::parse).await
    }

    /// `DELETE /assistant/{id}`: answers with the assistant that is gone.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`](crate::ApiErrorKind); [`ApiError::is_not_found`] if it was gone before. `Refused` with
    /// status 409 means that something else holds on to it.
    pub async fn delete_assistant(&self, id: &str) -> Result<Raw<Assistant>, ApiError> {
        let action = "delete the assistant";
        let url = self.address(action, &["assistant", id])?;
        self.exchange(action, self.request(Method::DELETE, &url, None), Raw::parse)
            .await
    }
}
