/**
 * Results as JSON: written with fields in a fixed order, read strictly.
 *
 * <p>Knows records in general and no single one of the model, so a new field of a record is a new
 * field of the file.
 */
@NullMarked
package ringside.reports.json;

import org.jspecify.annotations.NullMarked;
