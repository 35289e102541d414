import { startActions } from "./actions";
import { startCalls } from "./calls";
import { startDialogs } from "./dialogs";
import { startLive } from "./live";
import { startMorph } from "./morph";
import { startNewCampaign } from "./new-campaign";
import { startTheme } from "./theme";
import { startTimes } from "./times";

startMorph();
startTheme();
startTimes();
startDialogs();
startActions();
startLive();
startCalls();
startNewCampaign();
