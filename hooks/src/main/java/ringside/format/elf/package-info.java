/**
 * The ELF64 little-endian reader: sections, symbols, relocations and program headers as records.
 *
 * <p>Strict: every offset and size of a file is checked against the file before it is used, so that
 * a damaged file ends in an {@link ringside.format.elf.ElfException} and in nothing else. Linking
 * is the loaders' business.
 */
@NullMarked
package ringside.format.elf;

import org.jspecify.annotations.NullMarked;
