// Written by paraformer_nb/widgets/typedefs.py from messages.py, which documents when each message is sent.

/** A word of less confidence is doubtful. */
export const DOUBTFUL_BELOW = 0.5;

/** Characters that a corrected word may have. */
export const MAX_TEXT = 500;

/** @typedef {"connecting" | "streaming" | "finishing" | "reconnecting" | "finished" | "stopped" | "failed"} RunStateName */

/**
 * A word. It travels as an array of its fields in this order: three hours of speech are 2.9 MB so, and 3.6 MB as
 * objects. `readWord` and `writeWord` convert; everywhere else in JavaScript a word is an object.
 * @typedef {object} Word
 * @property {string} text Without spaces around it.
 * @property {string} punctuation
 * @property {number} start
 * @property {number} end
 * @property {number | null} confidence 0 to 1; null where the recogniser gives none.
 * @property {string} separator The text before it within its sentence: a space or nothing.
 * @property {boolean} is_edited Whether a person wrote it.
 */

/** @typedef {[text: string, punctuation: string, start: number, end: number, confidence: number | null, separator: string, is_edited: boolean]} WordRow */

/**
 * @param {WordRow} row
 * @returns {Word}
 */
export function readWord([text, punctuation, start, end, confidence, separator, is_edited]) {
  return { text, punctuation, start, end, confidence, separator, is_edited };
}

/**
 * @param {Word} word
 * @returns {WordRow}
 */
export function writeWord({ text, punctuation, start, end, confidence, separator, is_edited }) {
  return [text, punctuation, start, end, confidence, separator, is_edited];
}

/**
 * A sentence as corrected, final or partial. It has words.
 * @typedef {object} SentenceData
 * @property {number} id
 * @property {boolean} is_final
 * @property {number} start
 * @property {number} end
 * @property {string} separator The text between it and the sentence before it: a space or nothing.
 * @property {WordRow[]} words
 */

/**
 * A part of the clip that was not recognised.
 * @typedef {object} GapSpan
 * @property {number} start
 * @property {number} end
 * @property {string} reason
 */

/**
 * Where a new task continued after a disconnect.
 * @typedef {object} ResumeMark
 * @property {number} position
 * @property {number} attempt Counts from 1 in the run.
 */

/**
 * A span of a layer.
 * @typedef {object} LayerSpan
 * @property {number} start
 * @property {number} end
 * @property {string} label Written beside it, or "".
 */

/**
 * A named set of spans over the timeline, sorted by start.
 * @typedef {object} Layer
 * @property {string} name
 * @property {LayerSpan[]} spans
 */

/**
 * A part of the waveform. The message's first buffer has a minimum and a maximum for each bin, as int8.
 * @typedef {object} WaveformPart
 * @property {number} position Of the first bin.
 * @property {number} step Seconds in a bin.
 * @property {number} bins
 */

/**
 * How the clip's sound is sent.
 * @typedef {object} SoundFormat
 * @property {string} mime
 * @property {number} window_seconds
 */

/**
 * What a view shows of the run, beside its words.
 * @typedef {object} RunState
 * @property {"connecting" | "streaming" | "finishing" | "reconnecting" | "finished" | "stopped" | "failed"} state
 * @property {boolean} has_ended
 * @property {string} clip Its name.
 * @property {string} service
 * @property {string} model The engine of the embedded service, or the model that was asked for.
 * @property {string} language Of the words, as an HTML `lang` attribute names it.
 * @property {string} notice What the service wants shown beside the words, or "".
 * @property {string} message What ended the run, what was not recognised, what could not be written; or "".
 * @property {number} start
 * @property {number | null} end Of the part that is transcribed; null while that is not known.
 * @property {number} sent_until
 * @property {number} final_until
 * @property {boolean} can_stop
 * @property {boolean} can_correct
 * @property {boolean} can_undo
 * @property {boolean} can_redo
 * @property {SoundFormat} sound
 */

/**
 * What changed; fields that did not are left out.
 * @typedef {object} Update
 * @property {"update"} kind
 * @property {number} seq One more than in the update before.
 * @property {boolean} [reset] Whether everything follows: what the view has is to be dropped.
 * @property {RunState | null} [run]
 * @property {SentenceData[]} [sentences] New ones, and ones that changed, whole.
 * @property {number[]} [removed] Ids of sentences that were withdrawn or have no words left.
 * @property {GapSpan[] | null} [gaps] All of them, as in the next two.
 * @property {ResumeMark[] | null} [resumes]
 * @property {Layer[] | null} [layers]
 * @property {WaveformPart | null} [waveform]
 */

/**
 * The answer to a request; its data is the message's first buffer.
 * @typedef {object} Reply
 * @property {"reply"} kind
 * @property {number} request_id The ``id`` of the request.
 * @property {string} [error] Why there is no data, as a sentence to show.
 * @property {string} [mime] Of a window of sound.
 * @property {number} [span] Seconds that a spectrogram covers: fewer than requested where the clip ends.
 */

/**
 * Bring a position on view.
 * @typedef {object} Seek
 * @property {"seek"} kind
 * @property {number} position
 */

/**
 * Search for a text and show what is found.
 * @typedef {object} Find
 * @property {"find"} kind
 * @property {string} text
 */

/**
 * Why a correction was refused, or kept in memory only; a sentence to show.
 * @typedef {object} CorrectionProblem
 * @property {"correction-problem"} kind
 * @property {string} text
 */

/**
 * Send everything.
 * @typedef {object} Sync
 * @property {"sync"} kind
 */

/**
 * Stop the run.
 * @typedef {object} Stop
 * @property {"stop"} kind
 */

/**
 * The final state has been drawn.
 * @typedef {object} EndDrawn
 * @property {"end-drawn"} kind
 */

/**
 * Replace words of a sentence by others.
 * @typedef {object} Correct
 * @property {"correct"} kind
 * @property {number} sentence
 * @property {WordRow[]} old
 * @property {WordRow[]} new
 */

/**
 * Undo the last correction.
 * @typedef {object} Undo
 * @property {"undo"} kind
 */

/**
 * Redo the correction that was undone last.
 * @typedef {object} Redo
 * @property {"redo"} kind
 */

/**
 * Send a window of sound.
 * @typedef {object} AudioRequest
 * @property {"audio"} kind
 * @property {number} id
 * @property {number} index Windows are `SoundFormat.window_seconds` long; the first begins at 0 s.
 */

/**
 * Send a spectrogram: loudness as bytes, row by row, the highest frequency first.
 * @typedef {object} SpectrogramRequest
 * @property {"spectrogram"} kind
 * @property {number} id
 * @property {number} start
 * @property {number} span
 * @property {number} columns
 * @property {number} rows
 */

/**
 * An update and its buffers, in base64.
 * @typedef {object} SavedUpdate
 * @property {Update} update
 * @property {string[]} buffers
 */

/**
 * A file with the clip's sound.
 * @typedef {object} SavedSound
 * @property {string} mime
 * @property {string | null} url null: the file is in the page.
 * @property {number} start The position at which the file begins.
 */

/**
 * What a page without a kernel holds: all that a kernel would send.
 * @typedef {object} SavedRun
 * @property {SavedUpdate[]} updates
 * @property {SavedSound | null} sound null: the page is silent.
 */

/** @typedef {Update | Reply | Seek | Find | CorrectionProblem} ToFrontEnd */

/** @typedef {Sync | Stop | EndDrawn | Correct | Undo | Redo | AudioRequest | SpectrogramRequest} FromFrontEnd */
