/**
 * The state of one RV64 hart between instructions: registers, CSRs, the instruction credit, and
 * what it asks of the machine around it.
 *
 * <p>Plain Java that partial evaluation can look through; no Truffle node lives here.
 */
@NullMarked
package ringside.rv64.hart;

import org.jspecify.annotations.NullMarked;
