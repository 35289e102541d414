//! The tables of words: stored form, label, tone, hint.

/// Stored form, label, tone, hint.
pub(super) type Word = (&'static str, &'static str, &'static str, &'static str);

pub(super) const CAMPAIGN_STATUSES: &[Word] = &[
    ("CREATED", "Created", "tone-quiet", "Imported. Nobody has pressed Start."),
    ("SCHEDULED", "Scheduled", "tone-quiet", "Starts by itself at its set time."),
    ("QUEUED", "Queued", "tone-active", "Started. The provider has not accepted a call yet."),
    ("DIALING", "Dialing", "tone-active", "The provider has accepted a call. None has rung yet."),
    ("RUNNING", "Running", "tone-active", "People are being called."),
    ("PAUSED", "Paused", "tone-warn", "No new calls are placed. Live calls go on to their end."),
    ("COMPLETED", "Completed", "tone-ok", "Every contact is final."),
    ("CANCELED", "Canceled", "tone-quiet", "Stopped for good by a person."),
    ("FAILED", "Failed", "tone-bad", "Stopped for good by a fault."),
];

pub(super) const CALL_STATUSES: &[Word] = &[
    ("QUEUED", "Queued", "tone-quiet", "Claimed by us or waiting at the provider. Nothing rings yet."),
    ("RINGING", "Ringing", "tone-ringing", "The telephone rings."),
    ("IN_PROGRESS", "In progress", "tone-talking", "Somebody or something answered."),
    ("TIMEOUT", "Timed out", "tone-warn", "The provider no longer knows the call. The end is inferred."),
    ("ENDED", "Ended", "tone-done", "The provider says that the call ended."),
    ("FAILED", "Failed", "tone-bad", "The call never came about."),
    ("CANCELED", "Canceled", "tone-quiet", "Cancelled at the provider, or let go before dialling."),
];

pub(super) const CONTACT_STATES: &[Word] = &[
    ("pending", "Waiting", "tone-waiting", "Will be called, now or from a stated time on."),
    ("calling", "Calling", "tone-active", "Has a call in progress."),
    ("done", "Done", "tone-done", "Final, with an outcome."),
    ("skipped", "Skipped", "tone-quiet", "Final without a call, with a reason."),
];

pub(super) const OUTCOMES: &[Word] = &[
    ("human", "Person answered", "tone-human", "A person answered and spoke with the assistant."),
    ("transferred", "Transferred", "tone-transferred", "Handed over to somebody else."),
    ("hung_up", "Hung up early", "tone-hung-up", "Somebody picked up and left without a word."),
    ("silence", "Silence", "tone-silence", "Picked up, but nobody was heard."),
    ("voicemail", "Voicemail", "tone-voicemail", "A machine answered."),
    ("no_answer", "No answer", "tone-no-answer", "It rang and nobody answered."),
    ("busy", "Busy", "tone-busy", "The line was busy."),
    ("rejected", "Rejected", "tone-rejected", "The call was turned away."),
    ("invalid_number", "Invalid number", "tone-invalid", "The number does not exist or cannot be dialled."),
    ("failed", "Could not connect", "tone-failed", "The carrier could not connect the call."),
    ("provider_error", "Provider error", "tone-provider", "The provider, its model or its voice broke down."),
    ("canceled", "Canceled", "tone-canceled", "The provider says that the call was cancelled."),
    ("not_dialled", "Not dialled", "tone-not-dialled", "The provider refused, and nobody was called."),
    ("unknown", "Unknown", "tone-unknown", "Nobody can say what happened. It is not called again."),
];

/// Outcomes under the names that other systems and older rows use.
pub(super) const OTHER_OUTCOMES: &[Word] = &[
    ("answered_human", "Person answered", "tone-human", ""),
    ("hung_up_early", "Hung up early", "tone-hung-up", ""),
    ("max_duration", "Reached maximum length", "tone-human", "The call ran into its maximum duration."),
    ("failed_to_connect", "Could not connect", "tone-failed", ""),
];

pub(super) const SOURCES: &[Word] = &[
    ("webhook", "Webhook", "tone-webhook", "The provider told us."),
    ("poll", "Poll", "tone-poll", "We asked the provider."),
    ("dial", "Dial answer", "tone-dial", "The answer to our dial request."),
    ("engine", "AutoLynx", "tone-engine", "We did it or inferred it ourselves."),
];

pub(super) const LINES: &[Word] = &[
    ("reserved", "Reserved", "tone-quiet", "The line is held. The provider has not been asked yet."),
    ("sent", "Dialing", "tone-waiting", "The provider has been asked to call."),
    ("queued", "Queued", "tone-waiting", "The provider has the call. Nothing rings yet."),
    ("ringing", "Ringing", "tone-ringing", "The telephone rings."),
    ("talking", "Talking", "tone-talking", "Somebody or something answered."),
    ("unconfirmed", "Unconfirmed", "tone-warn", "No clear answer to the dial request. Being looked up."),
    ("silent", "Silent", "tone-warn", "No news for a while. The provider is being asked."),
];

pub(super) const ASSISTANT_SOURCES: &[Word] = &[
    ("local", "Ours", "tone-active", "Made in AutoLynx."),
    ("imported", "Imported", "tone-quiet", "Made at the provider and registered here."),
    ("template", "Template", "tone-voicemail", "Comes with AutoLynx. Clone it to make it yours."),
];

pub(super) const ASSISTANT_STATES: &[Word] = &[
    ("ready", "Ready", "tone-ok", "As it should be."),
    ("creating", "Creating…", "tone-waiting", "The provider has been asked to create it."),
    ("changing", "Changing…", "tone-waiting", "The provider has been asked to change it."),
    ("removing", "Removing…", "tone-waiting", "It is being removed."),
    ("in_doubt", "In doubt", "tone-warn", "The answer to a change was lost. It is being looked up."),
    ("not_created", "Not created", "tone-bad", "The provider has not created it."),
    ("removed", "Removed", "tone-quiet", "It was made for one campaign and removed at the provider after it."),
    ("differs", "Differs from Vapi", "tone-warn", "Somebody changed it at the provider."),
    ("gone", "Gone at Vapi", "tone-bad", "The provider no longer has it."),
];

pub(super) const VERSION_ORIGINS: &[Word] = &[
    ("created", "Created", "tone-active", "Written in AutoLynx."),
    ("edited", "Edited", "tone-quiet", "Changed in AutoLynx."),
    ("imported", "Imported", "tone-voicemail", "Read from the provider."),
    ("taken", "Taken over", "tone-voicemail", "What stood at the provider was made ours."),
    ("restored", "Restored", "tone-warn", "An earlier version again."),
    ("cloned", "Cloned", "tone-active", "A copy of another assistant."),
    ("template", "Template", "tone-voicemail", "Comes with AutoLynx."),
    ("pushed", "Pushed", "tone-ok", "Ours was written over what stood at the provider."),
];

pub(super) const NUMBER_STATES: &[Word] = &[
    ("active", "Active", "tone-ok", "It can call."),
    ("activating", "Activating", "tone-waiting", "The provider is still setting it up."),
    ("blocked", "Blocked", "tone-bad", "The provider has blocked it."),
];

pub(super) const LINE_HEALTH: &[Word] = &[
    ("healthy", "Healthy", "tone-ok", "Calls get through."),
    ("busy", "Busy", "tone-warn", "Calls are up on it right now."),
    ("error", "Error", "tone-bad", "It cannot call, or its last calls failed."),
];

pub(super) const PRIORITIES: &[Word] = &[
    ("low", "Low", "tone-quiet", "Takes the lines that no other campaign wants."),
    ("normal", "Normal", "tone-waiting", "Shares the lines fairly with others of its kind."),
    ("high", "High", "tone-active", "Takes lines before campaigns of normal priority."),
    ("urgent", "Urgent", "tone-warn", "Takes lines before every other campaign."),
];

pub(super) const SUPPRESSION_SOURCES: &[Word] = &[
    ("person", "Entered", "tone-quiet", "Somebody entered it here."),
    ("list", "List", "tone-voicemail", "It came with a list that was uploaded."),
    ("call", "Asked in a call", "tone-warn", "The person asked for it in a call."),
];

pub(super) const CHECKS: &[Word] = &[
    ("ok", "Good", "tone-ok", "Nothing to do."),
    ("info", "To know", "tone-quiet", "Nothing to do, but good to know."),
    ("warn", "Look", "tone-warn", "Worth a look before the start."),
    ("bad", "Stops it", "tone-bad", "Nobody can be called before this is put right."),
];
