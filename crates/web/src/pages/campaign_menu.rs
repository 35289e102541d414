//! What else a person may ask of a campaign, on its own page.

use super::{
    button::Button,
    show::{count, count_of},
};

/// The buttons of a campaign's page beside [`super::Actions`]. Those of type [`Button`] ask at once; the others open a
/// dialog of [`super::CampaignPage`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CampaignMenu {
    /// The campaign.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Show Schedule, which opens the dialog that posts to `…/schedule`.
    pub schedule: bool,
    /// Take the start time away: posts to `…/unschedule`.
    pub unschedule: Option<Button>,
    /// Hang up what is live: posts to `…/abort`.
    pub abort: Option<Button>,
    /// Show Add people, which opens the dialog that uploads to `…/contacts`.
    pub append: bool,
    /// Whether it is over.
    pub over: bool,
    /// Show Call again, which opens the dialog that posts to `…/redial`.
    pub redial: bool,
    /// What a clone is called at first.
    pub clone_name: String,
    /// Archive or unarchive.
    pub archive: Option<Button>,
}

/// What the buttons depend on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MenuState {
    /// Calls that are live.
    pub live: u64,
    /// People who are not final.
    pub waiting: u64,
    /// Whether live calls are being hung up already.
    pub aborting: bool,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether anybody was called without success, so that they could be called again.
    pub redialable: bool,
}

impl CampaignMenu {
    /// The buttons that fit a campaign's stored status.
    #[must_use]
    pub fn of(id: &str, name: &str, status: &str, state: MenuState) -> Self {
        let over = matches!(status, "COMPLETED" | "CANCELED" | "FAILED");
        let draft = matches!(status, "CREATED" | "SCHEDULED");
        let path = |action: &str| format!("/api/campaigns/{id}/{action}");
        let unschedule = Button::post("campaign-unschedule", "Unschedule", path("unschedule"));
        let abort = Button::post("campaign-abort", "Abort…", path("abort"))
            .asking(abort_question(name, state, over), "Hang up now", true)
            .looking("btn-ghost text-error", "phone-off");
        let archive = if state.archived {
            Button::post("campaign-archive", "Unarchive", path("unarchive")).looking("", "archive-restore")
        } else {
            Button::post("campaign-archive", "Archive", path("archive")).looking("", "archive")
        };
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            schedule: draft && !state.archived,
            unschedule: (status == "SCHEDULED").then_some(unschedule),
            abort: (state.live > 0 && !state.aborting).then_some(abort),
            // What is over takes nobody: a clone does.
            append: !state.archived && !over,
            over,
            redial: state.redialable && !state.archived && status == "COMPLETED",
            clone_name: clone_name(name),
            archive: ((over || status == "CREATED") && state.live == 0).then_some(archive),
        }
    }
}

fn abort_question(name: &str, state: MenuState, over: bool) -> String {
    let calls = count_of(state.live, "live call", "live calls");
    let whom = if state.live == 1 {
        "The person is"
    } else {
        "People are"
    };
    let rest = match (over, state.waiting.saturating_sub(state.live)) {
        (true, _) => String::new(),
        (false, 0) => format!(" “{name}” is cancelled for good."),
        (false, left) => format!(
            " “{name}” is cancelled for good: {} more will not be called.",
            count(left)
        ),
    };
    format!("Hang up {calls} now? {whom} cut off in mid-sentence.{rest}")
}

/// Names have at most 200 characters.
fn clone_name(name: &str) -> String {
    let kept: String = name.chars().take(193).collect();
    format!("{kept} (copy)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn menu(status: &str, state: MenuState) -> CampaignMenu {
        CampaignMenu::of("1", "Spring", status, state)
    }

    #[test]
    fn every_status_offers_only_what_can_be_done() {
        let state = MenuState {
            live: 3,
            waiting: 253,
            redialable: true,
            ..MenuState::default()
        };
        let draft = menu("CREATED", MenuState::default());
        assert!(draft.schedule && draft.append && draft.unschedule.is_none() && draft.abort.is_none());
        assert!(menu("SCHEDULED", MenuState::default()).unschedule.is_some());
        let running = menu("RUNNING", state);
        assert!(running.abort.is_some() && running.archive.is_none() && !running.schedule);
        let aborting = MenuState {
            aborting: true,
            ..state
        };
        assert!(menu("CANCELED", aborting).abort.is_none());
        assert!(menu("CANCELED", aborting).archive.is_none());
        // What was stopped for good stays so: its people are reached by a clone.
        assert!(!menu("CANCELED", state).redial && !menu("FAILED", state).append);
        assert!(
            !running.redial,
            "only who is done is called again, and only when everybody is"
        );
        let over = menu("COMPLETED", MenuState { live: 0, ..state });
        assert!(over.redial && !over.append && over.archive.is_some());
        let away = MenuState {
            archived: true,
            ..MenuState::default()
        };
        let away = menu("CREATED", away);
        assert!(!away.schedule && !away.append && away.archive.is_some());
    }

    #[test]
    fn the_question_before_hanging_up_says_how_many_are_live() {
        let question = |live, waiting, status| {
            let state = MenuState {
                live,
                waiting,
                ..MenuState::default()
            };
            menu(status, state)
                .abort
                .expect("there")
                .question
                .expect("asked")
                .text
        };
        assert_eq!(
            question(3, 1_253, "RUNNING"),
            "Hang up 3 live calls now? People are cut off in mid-sentence. \
             “Spring” is cancelled for good: 1,250 more will not be called."
        );
        assert_eq!(
            question(1, 0, "CANCELED"),
            "Hang up 1 live call now? The person is cut off in mid-sentence."
        );
    }
}
