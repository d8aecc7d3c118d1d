/** From an experiment's C files to objects, through the compiler and a cache. */
@NullMarked
package ringside.experiments.build;

import org.jspecify.annotations.NullMarked;
