//! Saved numbers to call from.

use http::Method;
use reqwest::Url;

use super::Client;
use super::exchange::list;
use crate::call_filter::MAX_LIST_LIMIT;
use crate::error::ApiError;
use crate::phone_number::PhoneNumber;
use crate::raw::Raw;

impl Client {
    /// `GET /phone-number/{id}`; `None` if the provider does not know it.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`](crate::ApiErrorKind).
    pub async fn get_phone_number(&self, id: &str) -> Result<Option<PhoneNumber>, ApiError> {
        let read = |body: &[u8]| Raw::parse(body).map(|number| number.value);
        self.get("look up the phone number", &["phone-number", id], read)
            .await
    }

    /// `GET /phone-number`: the account's numbers, at most 1,000.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`](crate::ApiErrorKind).
    pub async fn list_phone_numbers(&self) -> Result<Vec<PhoneNumber>, ApiError> {
        let action = "list phone numbers";
        let url = self.listing_address(action, "phone-number")?;
        let read = |body: &[u8]| Ok(list(body)?.into_iter().map(|number| number.value).collect());
        self.exchange(action, self.request(Method::GET, &url, None), read)
            .await
    }

    /// `GET /phone-number?limit=1`: the smallest question that the key must answer for. What it answers is not read.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`](crate::ApiErrorKind) but a malformed answer.
    pub async fn probe(&self) -> Result<(), ApiError> {
        let action = "ask for a sign of life";
        let mut url = self.address(action, &["phone-number"])?;
        url.query_pairs_mut().append_pair("limit", "1");
        self.exchange_within(
            action,
            self.request(Method::GET, &url, None),
            self.timeouts.probe,
            |_| Ok(()),
        )
        .await
    }

    /// The address of a whole listing: as many rows as the API gives, since it has no pages.
    pub(super) fn listing_address(&self, action: &'static str, collection: &str) -> Result<Url, ApiError> {
        let mut url = self.address(action, &[collection])?;
        url.query_pairs_mut()
            .append_pair("limit", &MAX_LIST_LIMIT.to_string());
        Ok(url)
    }
}
