//! `POST /api/assistants/{id}/test-calls`: one call to try an assistant. It takes the way of every call, under the same caps.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    campaign::{Kind, Mode, TEST_PRIORITY},
    ids::AssistantId,
    phone::Phone,
    policy::Policy,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{CallerNumber, NewCampaign, NewContact, Totals, Wake};

use super::find;
use crate::{
    api::{create_campaign::number_to_call_from, unfit::unfit},
    body::Body,
    error::ApiError,
    extract::Id,
    state::AppState,
};

/// Letters of a name or a value at most.
const MAX_CHARS: usize = 2_000;

/// Whom to call, from where, and what the assistant is told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    phone: String,
    name: Option<String>,
    business_name: Option<String>,
    phone_number_id: Option<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Placed {
    campaign_id: String,
}

/// 201 with the campaign of the one call; 409 when the assistant cannot call; 422 when a field is at fault.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
    Body(wish): Body<Wish>,
) -> Result<Response, ApiError> {
    let assistant = find(&state, id).await?;
    if let Some(trouble) = assistant.trouble() {
        return Err(unfit(trouble));
    }
    let region = state.settings.default_region;
    let parsed = Phone::parse(&wish.phone, region)
        .map_err(|error| ApiError::field("phone", format!("This number cannot be called: {error}.")))?;
    let too_long = |text: &String| text.chars().count() > MAX_CHARS;
    if wish
        .variables
        .values()
        .chain(&wish.name)
        .chain(&wish.business_name)
        .any(too_long)
    {
        return Err(ApiError::field(
            "variables",
            format!("A value has at most {MAX_CHARS} letters."),
        ));
    }
    let number = number_to_call_from(&state, wish.phone_number_id.as_deref()).await?;
    let name = wish.name.filter(|name| !name.trim().is_empty());
    let now = state.now();
    let campaign = NewCampaign {
        name: format!("Test call of {}", assistant.name),
        kind: Kind::Test,
        mode: Mode::Continuous,
        cap: 1,
        batch_size: None,
        quiet_line_gate: false,
        assistant_id: id,
        numbers: vec![CallerNumber {
            id: number.id,
            number: number.number,
        }],
        priority: TEST_PRIORITY,
        // Whoever makes a test call calls a telephone of their own, now. A number that must not be called is not called.
        policy: Policy::unrestricted(),
        expires_at: None,
    };
    let contact = NewContact {
        line: 1,
        name: name.unwrap_or_else(|| "Test".to_owned()),
        business_name: wish.business_name.unwrap_or_default(),
        phone: parsed.phone.as_str().to_owned(),
        extension: parsed.extension,
        variables: wish.variables,
    };
    let mut import = state.store().begin_import(&campaign, now).await?;
    import.add(&[contact]).await?;
    let totals = Totals {
        rows: 1,
        ..Totals::default()
    };
    let campaign = import.finish(totals, &[]).await?;
    state.store().wake(Wake::Dispatch);
    state.store().wake(Wake::Campaign(campaign));
    state.store().wake(Wake::Assistant(id));
    tracing::info!(assistant.id = %id, campaign.id = %campaign, "test call");
    let placed = Placed {
        campaign_id: campaign.to_string(),
    };
    Ok((StatusCode::CREATED, Json(placed)).into_response())
}
