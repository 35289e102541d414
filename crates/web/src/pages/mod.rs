//! The pages: one struct of plain, owned, already worded data for each template, and the samples that show it.
//!
//! Handlers fill a struct and render it. Nothing here reads the store or a clock. Each context has `samples()`, which
//! the tests render and `cargo run -p autolynx-web --example gallery` shows in a browser.
//!
//! A page is whole HTML. A fragment is the inside of an element marked `data-live`, which the browser fetches again when
//! the server says that something changed:
//!
//! | struct | address | shown in |
//! |---|---|---|
//! | [`CampaignsPage`] | `/campaigns` | |
//! | [`CampaignList`] | `/campaigns/live` | `#campaigns` of [`CampaignsPage`] |
//! | [`CampaignPage`] | `/campaigns/{id}` | |
//! | [`CampaignLive`] | `/campaigns/{id}/live` | `#live` of [`CampaignPage`] |
//! | [`CallsTable`] | `/campaigns/{id}/calls` | `#calls` of [`CampaignPage`] |
//! | [`ImportResult`] | `/campaigns/{id}/import` | the dialog of [`CampaignsPage`] after an upload |
//! | [`CallPage`] | `/calls/{id}` | |
//! | [`CallPanel`] | `/calls/{id}/panel` | the drawer of [`CampaignPage`] |
//! | [`AssistantsPage`] | `/assistants` | |
//! | [`AssistantList`] | `/assistants/live` | `#assistants` of [`AssistantsPage`] |
//! | [`AssistantFormPage`] | `/assistants/new`, `/assistants/{id}/edit` | |
//! | [`AssistantPage`] | `/assistants/{id}` | |
//! | [`AssistantLive`] | `/assistants/{id}/live` | `#live` of [`AssistantPage`] |
//! | [`AssistantVersionPage`] | `/assistants/{id}/versions/{n}` | |
//! | [`CampaignSettingsPage`] | `/campaigns/{id}/settings` | |
//! | [`ContactPage`] | `/campaigns/{id}/contacts/{contact}` | |
//! | [`ContactPanel`] | `/campaigns/{id}/contacts/{contact}/panel` | the drawer of [`CampaignPage`] |
//! | [`DialPanel`] | | [`CampaignLive`] |
//! | [`RedialChoices`] | `/campaigns/{id}/redial` | a dialog of [`CampaignPage`] |
//! | [`AppendResult`] | answer to `POST /api/campaigns/{id}/contacts` | a dialog of [`CampaignPage`] |
//! | [`SuppressionsPage`] | `/suppressions` | |
//! | [`SuppressionList`] | `/suppressions/live` | `#suppressions` of [`SuppressionsPage`] |
//! | [`SuppressionImport`] | answer to `POST /api/suppressions/import` | a dialog of [`SuppressionsPage`] |
//! | [`AccountPage`] | `/account` | |
//! | [`AccountLive`] | `/account/live` | `#account` of [`AccountPage`] |
//! | [`NumbersPage`] | `/numbers` | |
//! | [`NumberList`] | `/numbers/live` | `#numbers` of [`NumbersPage`] |
//! | [`Banner`] | `/banner` | `#banner` of every page |
//! | [`ErrorPage`] | any | |

mod account;
mod actions;
mod assistant;
mod assistant_actions;
mod assistant_form;
mod assistant_live;
mod assistant_notice;
mod assistant_profile;
mod assistant_version;
mod assistants;
mod banner;
mod bar;
mod button;
mod call;
mod calls;
mod campaign;
mod campaign_dialogs;
mod campaign_live;
mod campaign_menu;
mod campaign_settings;
mod campaigns;
mod contact;
mod dialling;
mod difference;
mod forecast;
mod form_field;
mod hours_preset;
mod import_report;
mod lines;
mod missing;
mod new_campaign;
mod numbers;
mod pace;
mod pager;
mod preflight;
mod problem;
mod samples;
mod shell;
pub mod show;
mod suppressions;
// Tables are read by column.
#[rustfmt::skip]
mod vocabulary;
mod words;

#[cfg(test)]
mod tests;

pub use account::{AccountForm, AccountLive, AccountPage, CampaignUse, NumberCap, NumberUse};
pub use actions::Actions;
pub use assistant::{AssistantPage, TestCall};
pub use assistant_actions::AssistantActions;
pub use assistant_form::{AssistantFormPage, Existing};
pub use assistant_live::{AssistantLive, Drift, Results, UsedBy, VersionRow};
pub use assistant_notice::AssistantNotice;
pub use assistant_profile::{Fact, Group, Piece, Profile};
pub use assistant_version::AssistantVersionPage;
pub use assistants::{AssistantList, AssistantRow, AssistantsFilter, AssistantsPage};
pub use banner::{Alarm, Banner};
pub use bar::{Bar, Segment};
pub use button::{Button, Question};
pub use call::{Attempt, CallPage, CallPanel, Field, Recording, TimelineEvent, Turn};
pub use calls::{CallRow, CallsFilter, CallsTable, Choices};
pub use campaign::{CampaignPage, ChangeAssistant};
pub use campaign_dialogs::{Append, AppendResult, RedialChoice, RedialChoices, Schedule};
pub use campaign_live::{CampaignLive, Counted, Money, Notice, NoticeAction, Setup, StillLive};
pub use campaign_menu::{CampaignMenu, MenuState};
pub use campaign_settings::{
    CampaignSettingsPage, DayField, MoneyFigures, MoneyState, NumberChoice, PolicyVersion, RegionRow,
    RetryField, SettingsForm,
};
pub use campaigns::{CampaignList, CampaignRow, CampaignsFilter, CampaignsPage};
pub use contact::{ContactAttempt, ContactPage, ContactPanel, DecisionFact};
pub use dialling::{DialPanel, HeldBack, Remedy};
pub use difference::Difference;
pub use forecast::{Forecast, ForecastRow, Spread};
pub use form_field::{FieldFault, FormField};
pub use hours_preset::HoursPreset;
pub use import_report::{ImportProblem, ImportReport, ImportResult};
pub use lines::{Lamp, Lines};
pub use missing::MissingVariable;
pub use new_campaign::{Choice, NewCampaign};
pub use numbers::{NumberList, NumberRow, NumbersPage};
pub use pace::{Minute, Pace};
pub use pager::Pager;
pub use preflight::{Check, Preflight};
pub use problem::ErrorPage;
pub use shell::{Sandbox, ServerClock, Shell};
pub use show::When;
pub use suppressions::{
    BadLine, SuppressionImport, SuppressionList, SuppressionRow, SuppressionsFilter, SuppressionsPage,
};
pub use words::{Badge, ended_reason};
