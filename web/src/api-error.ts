/** The server's one form of error: {"error":{"code","message","details"}}. */
export interface ApiError {
  code: string;
  message: string;
  /** The form field at fault, when there is one. */
  field?: string;
  /** The campaign that the error is about, when there is one. */
  campaign?: string;
}

/** Reads an error answer. A proxy or a dead server answers otherwise, so anything else becomes a plain sentence. */
export function readError(status: number, body: string): ApiError {
  if (status === 0) {
    return { code: "unreachable", message: "AutoLynx did not answer, so it is not certain whether this was done. Look before you try again." };
  }
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown; details?: unknown } };
    if (typeof error?.message === "string") {
      const details = error.details as { field?: unknown; campaign_id?: unknown } | null | undefined;
      const known: ApiError = { code: String(error.code ?? ""), message: error.message };
      if (typeof details?.field === "string") known.field = details.field;
      if (typeof details?.campaign_id === "string") known.campaign = details.campaign_id;
      return known;
    }
  } catch {
    // Not JSON: fall through.
  }
  if (status === 401) return { code: "signed_out", message: "You are signed out. Reload the page to sign in again." };
  if (status === 413) return { code: "too_large", message: "The file is larger than the server accepts." };
  return { code: "unexpected", message: `The server answered ${status} and gave no reason.` };
}
