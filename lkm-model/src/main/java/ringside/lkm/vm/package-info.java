/**
 * The module side of hooks as Truffle nodes: what turns a hook's arguments into those of a module's
 * callback.
 */
@NullMarked
package ringside.lkm.vm;

import org.jspecify.annotations.NullMarked;
