//! The templates. `{name}` is the called person, `{business}` their business, and `{when}` the time of a callback, as in
//! "on Friday at 3:30 pm": each of those sketches lets the person name it once.

use crate::script::Mood;

/// One way a conversation may go: the first reply, and after the middle a closing that the assistant begins.
pub(super) struct Sketch {
    pub(super) reply: &'static str,
    pub(super) closing: &'static [&'static str],
}

/// A question of the assistant and what people answer.
pub(super) struct Exchange {
    pub(super) question: &'static str,
    pub(super) answers: &'static [&'static str],
}

pub(super) const GREETINGS: [&str; 4] = [
    "Hi, you've reached {name}. I can't come to the phone right now. Please leave a message after the tone.",
    "You have reached the voicemail of {business}. Our office is closed at the moment. Leave your name and number and we will get back to you.",
    "The person you are calling is not available. Please record your message after the beep.",
    "Hey, it's {name}. I don't listen to these very often, so send me a text instead. Thanks.",
];

pub(super) const MIDDLE: [Exchange; 10] = [
    Exchange {
        question: "Thanks. How do you handle that at {business} today?",
        answers: &[
            "Mostly by hand, to be honest. We have one person who keeps a spreadsheet.",
            "We have a tool for it, but nobody likes using it.",
        ],
    },
    Exchange {
        question: "And about how many people would be using it?",
        answers: &["Four or five of us.", "Just me and my partner for now."],
    },
    Exchange {
        question: "Is there anything about the current way that costs you the most time?",
        answers: &[
            "Following up. Things fall through the cracks when we are busy.",
            "The phone. It never stops ringing on Mondays.",
        ],
    },
    Exchange {
        question: "May I ask when you last looked at an alternative?",
        answers: &[
            "Last year, but the price was too high.",
            "Never really had the time for it.",
        ],
    },
    Exchange {
        question: "Would you be the one who decides about this at {business}?",
        answers: &["Yes, that would be me.", "Me and my brother, we own it together."],
    },
    Exchange {
        question: "Are mornings or afternoons better for you in general?",
        answers: &["Mornings, before ten.", "Afternoons. Mornings are a mess."],
    },
    Exchange {
        question: "Should I explain in a sentence how it works?",
        answers: &["Sure, go ahead.", "Please, but keep it short."],
    },
    Exchange {
        question: "It answers the calls you would miss and sends you a summary. Does that sound useful?",
        answers: &[
            "It could be. Depends on what it costs.",
            "Yes, that is the part we struggle with.",
        ],
    },
    Exchange {
        question: "It is a flat monthly price with no contract. Is that something you could work with?",
        answers: &[
            "That is better than what I expected.",
            "I would have to see the numbers in writing.",
        ],
    },
    Exchange {
        question: "Which e-mail address should the details go to?",
        answers: &[
            "Use the one on our website.",
            "Send it to the office, they will pass it on.",
        ],
    },
];

/// The ways a conversation of this mood may go; at least one.
pub(super) fn sketches(mood: Mood) -> &'static [Sketch] {
    match mood {
        Mood::Interested => &INTERESTED,
        Mood::Callback => &CALLBACK,
        Mood::NotInterested => &NOT_INTERESTED,
        Mood::WrongPerson => &WRONG_PERSON,
        Mood::OptOut => &OPT_OUT,
        Mood::HangUp | Mood::Silent => &HANG_UP,
    }
}

const INTERESTED: [Sketch; 3] = [
    Sketch {
        reply: "Speaking. Yes, I have a minute. What is this about?",
        closing: &[
            "Then I would suggest a short demo. Would Thursday at ten work for you?",
            "Thursday at ten works.",
            "Wonderful, I have put it down. You will get a confirmation by e-mail.",
            "Great, talk to you then.",
        ],
    },
    Sketch {
        reply: "Oh good, I was actually going to call somebody about that.",
        closing: &[
            "Perfect timing then. Shall I set up an appointment with one of our people?",
            "Yes please. Early next week would be best.",
            "I have Tuesday at nine for you. Thank you, {name}.",
            "Thank you. Bye.",
        ],
    },
    Sketch {
        reply: "This is {name}. Sure, tell me more.",
        closing: &[
            "I will send you the details today, and we can speak again once you have read them.",
            "Sounds good. I would like to try it.",
            "Great. Have a nice day, {name}.",
        ],
    },
];

const CALLBACK: [Sketch; 3] = [
    Sketch {
        reply: "I'm driving right now. Can you call me back another time?",
        closing: &[
            "Of course. When would be all right?",
            "Call me {when}.",
            "I will call you {when}. Drive safely.",
        ],
    },
    Sketch {
        reply: "It's a bad moment, I have a customer here.",
        closing: &[
            "No problem at all. When would be a better time?",
            "Try me {when}.",
            "Then I will try you {when}. Goodbye.",
        ],
    },
    Sketch {
        reply: "Maybe. I need to talk to my partner first.",
        closing: &[
            "That makes sense. May I call again?",
            "Yes, do that, {when} if you can.",
            "I will. Thank you for your time.",
        ],
    },
];

const NOT_INTERESTED: [Sketch; 3] = [
    Sketch {
        reply: "We already have somebody for that.",
        closing: &[
            "I understand. Would you like me to check in again in a few months?",
            "No, we're happy as it is. Thanks.",
            "Thank you for your time, {name}. Goodbye.",
        ],
    },
    Sketch {
        reply: "I'm not interested, thanks.",
        closing: &["No problem. Have a good day, {name}.", "You too. Bye."],
    },
    Sketch {
        reply: "Is this a sales call? We have no budget for anything this year.",
        closing: &[
            "Fair enough. I won't take more of your time.",
            "Appreciate it. Bye.",
        ],
    },
];

const WRONG_PERSON: [Sketch; 2] = [
    Sketch {
        reply: "There's no {name} here. You have the wrong number.",
        closing: &[
            "I'm sorry for the disturbance. I will correct our list.",
            "All right. Bye.",
        ],
    },
    Sketch {
        reply: "{name} doesn't work here anymore.",
        closing: &[
            "Thank you for telling me. I will make a note of that.",
            "Okay, bye.",
        ],
    },
];

const OPT_OUT: [Sketch; 2] = [
    Sketch {
        reply: "Please take me off your list and don't call this number again.",
        closing: &["I'm sorry. I will remove your number right away. Goodbye."],
    },
    Sketch {
        reply: "How did you get this number? Stop calling me.",
        closing: &["I apologise. You will not be called again.", "I hope so."],
    },
];

const HANG_UP: [Sketch; 3] = [
    Sketch {
        reply: "Hello? Who is this?",
        closing: &["I'm calling about {business}. Is now a good time?"],
    },
    Sketch {
        reply: "Yes? No, no time. Bye.",
        closing: &[],
    },
    Sketch {
        reply: "Hello?",
        closing: &["Hi {name}, can you hear me all right?", "Not now."],
    },
];
