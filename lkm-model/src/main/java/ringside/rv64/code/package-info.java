/**
 * Machine code as found in memory: which instructions belong to the function at an address, and how
 * they form basic blocks.
 *
 * <p>Reads code and executes nothing.
 */
@NullMarked
package ringside.rv64.code;

import org.jspecify.annotations.NullMarked;
