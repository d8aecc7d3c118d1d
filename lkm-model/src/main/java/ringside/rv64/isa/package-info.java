/**
 * The RV64IMAC instruction set, declared once as data, and what follows from it: decoder and
 * disassembler.
 *
 * <p>Nothing here executes or knows memory; adding an instruction is one row of {@link
 * ringside.rv64.isa.Op} (or {@link ringside.rv64.isa.CompressedOp}).
 */
@NullMarked
package ringside.rv64.isa;

import org.jspecify.annotations.NullMarked;
