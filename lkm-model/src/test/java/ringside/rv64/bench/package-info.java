/** Measurements of the processor for its developers; programs with a main method, no tests. */
@NullMarked
package ringside.rv64.bench;

import org.jspecify.annotations.NullMarked;
