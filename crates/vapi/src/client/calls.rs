//! Calls: create one, look one up, list many.

use http::Method;

use super::Client;
use super::exchange::{json_body, list};
use crate::answer::{self, DialAnswer};
use crate::call::Call;
use crate::call_filter::CallFilter;
use crate::create_call::CreateCall;
use crate::error::ApiError;
use crate::raw::Raw;
use crate::transport::TransportError;

impl Client {
    /// `POST /call`: asks the provider to call one person. Sent once and never again, whatever happens.
    ///
    /// Dropping the future in mid-flight leaves the call in doubt, as an answer that never came would.
    pub async fn create_call(&self, call: &CreateCall) -> DialAnswer {
        let action = "create the call";
        let request = self
            .address(action, &["call"])
            .map_err(|error| TransportError::NotSent(error.to_string()))
            .and_then(|url| self.request(Method::POST, &url, Some(json_body(call))));
        let request = match request {
            Ok(request) => request,
            Err(error) => return answer::without_answer(error),
        };
        match self.transport.send(request, self.timeouts.dial).await {
            Ok(answer) => {
                tracing::debug!(status = answer.status().as_u16(), "provider answered a dial");
                answer::classify(answer.status(), answer.headers(), answer.body())
            }
            Err(error) => answer::without_answer(error),
        }
    }

    /// `GET /call/{id}`: the call as the provider knows it; `None` if it does not. `id` is the provider's.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`](crate::ApiErrorKind).
    pub async fn get_call(&self, id: &str) -> Result<Option<Raw<Call>>, ApiError> {
        self.get("look up the call", &["call", id], Raw::parse).await
    }

    /// `GET /call`: the calls that match, in no documented order (newest first in practice).
    ///
    /// A list with [`CallFilter::effective_limit`] entries may have been cut; absence from it proves nothing.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`](crate::ApiErrorKind). One entry that cannot be read fails the list.
    pub async fn list_calls(&self, filter: &CallFilter) -> Result<Vec<Raw<Call>>, ApiError> {
        let action = "list calls";
        let mut url = self.address(action, &["call"])?;
        let parameters = filter.query();
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        self.exchange(action, self.request(Method::GET, &url, None), list)
            .await
    }
}
