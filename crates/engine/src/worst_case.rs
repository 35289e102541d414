//! What a call may cost at worst.

use domain::money::UsdMicros;

use crate::Engine;

impl Engine {
    /// What a call holds of its campaign's budget until its cost is known: as long as the provider lets it live, by the
    /// dearest minute of the account's latest calls.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached.
    pub async fn worst_case(&self) -> store::Result<UsdMicros> {
        self.store.worst_case(self.settings.max_duration_ms).await
    }
}
