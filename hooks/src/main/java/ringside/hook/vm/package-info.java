/** The hook points' Truffle nodes; nothing outside {@code vm} packages may touch one. */
@NullMarked
package ringside.hook.vm;

import org.jspecify.annotations.NullMarked;
