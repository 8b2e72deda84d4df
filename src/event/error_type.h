/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why an event went to the error stream: `error_type` of error events, and the names of the counters. They
 * are an interface, and stay. An application's own come from weir_event_fail().
 */
#ifndef WEIR_EVENT_ERROR_TYPE_H
#define WEIR_EVENT_ERROR_TYPE_H

/* The bytes are no JSON object. */
#define ERROR_TYPE_PARSE "ParseError"
/* A field of the partition key is missing. */
#define ERROR_TYPE_MISSING_KEY "MissingKeyError"
/* Longer than max_event_size. */
#define ERROR_TYPE_TOO_LARGE "EventTooLarge"
/* A step or the application's function failed without saying more. */
#define ERROR_TYPE_ENRICHMENT "EnrichmentError"
/* The enriched event is not one of the sink's stream. */
#define ERROR_TYPE_VALIDATION "ValidationError"

#endif
