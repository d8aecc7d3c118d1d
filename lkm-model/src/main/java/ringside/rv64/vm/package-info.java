/**
 * The RV64 machine on Truffle: one root node a function, call sites that find their targets, and
 * the cache of all code found so far.
 *
 * <p>Only this package of the processor touches Truffle nodes. Registers live in frame slots while
 * a function runs, and in {@link ringside.rv64.hart.Hart} between functions.
 */
@NullMarked
package ringside.rv64.vm;

import org.jspecify.annotations.NullMarked;
