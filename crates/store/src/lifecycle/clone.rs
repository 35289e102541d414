//! Copying a campaign, with or without its people.

use std::collections::BTreeMap;

use domain::{ids::CampaignId, time::UtcMs};
use sqlx::types::Json;

use crate::{
    Error, Result,
    campaigns::NewCampaign,
    db::Store,
    import::{NewContact, Totals},
    rows::to_u64,
};

/// People copied at a time.
const AT_ONCE: i64 = 2_000;

const PEOPLE: &str = "SELECT CAST(position AS BIGINT), CAST(line AS BIGINT), name, business_name, phone, extension, variables \
     FROM contacts WHERE campaign_id = $1 AND position > $2 ORDER BY position LIMIT $3";

/// Position, line, name, business, number, extension, other columns.
type Row = (
    i64,
    i64,
    String,
    String,
    String,
    Option<String>,
    Json<BTreeMap<String, String>>,
);

impl Store {
    /// Makes a draft like another campaign: the same assistant, numbers, pace and policy, and the same people if asked
    /// for. Nothing of what happened in it is copied. `None`: there is no such campaign.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be reached, [`Error::Conflict`] when the assistant cannot be used
    /// any more; nothing was stored then.
    pub async fn clone_campaign(
        &self,
        id: CampaignId,
        name: &str,
        with_people: bool,
        now: UtcMs,
    ) -> Result<Option<CampaignId>> {
        let (Some(campaign), Some(policy)) = (self.campaign(id).await?, self.policy(id).await?) else {
            return Ok(None);
        };
        let new = NewCampaign {
            name: name.to_owned(),
            kind: campaign.kind,
            mode: campaign.mode,
            cap: campaign.cap,
            batch_size: campaign.batch_size,
            quiet_line_gate: campaign.quiet_line_gate,
            assistant_id: campaign.assistant_id,
            numbers: campaign.numbers,
            priority: campaign.priority,
            policy: policy.policy,
            expires_at: campaign.expires_at.filter(|at| *at > now),
        };
        let mut import = self.begin_import(&new, now).await?;
        import.copied_from(id).await?;
        let mut people = 0;
        let mut after = with_people.then_some(-1);
        while let Some(position) = after {
            // Read in the transaction itself: whoever waits for a second connection while holding one may wait for ever.
            let rows: Vec<Row> = on_tx!(import.tx, |c| sqlx::query_as(PEOPLE)
                .bind(id.0)
                .bind(position)
                .bind(AT_ONCE)
                .fetch_all(c)
                .await)?;
            let Some(last) = rows.last() else { break };
            after = Some(last.0);
            let contacts: Vec<NewContact> = rows
                .into_iter()
                .map(
                    |(_, line, name, business_name, phone, extension, variables)| NewContact {
                        line: to_u64(line),
                        name,
                        business_name,
                        phone,
                        extension,
                        variables: variables.0,
                    },
                )
                .collect();
            people += contacts.len();
            import.add(&contacts).await?;
        }
        let totals = Totals {
            rows: u32::try_from(people).map_err(|_| Error::Other("too many people".to_owned()))?,
            ..Totals::default()
        };
        import.finish(totals, &[]).await.map(Some)
    }
}
