/** Which experiments exist: one resource directory each, read here and nowhere else. */
@NullMarked
package ringside.experiments.catalog;

import org.jspecify.annotations.NullMarked;
