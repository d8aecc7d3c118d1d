/**
 * The virtual file system: path walk, open files, ramfs, {@code /proc} and {@code /dev}.
 *
 * <p>What a directory or file is made of is Java; {@code struct file}, {@code dentry} and {@code
 * inode} are in simulated memory once a file is open. Knows neither tasks nor system calls: other
 * subsystems put their files into {@code /proc}.
 */
@NullMarked
package ringside.kernel.fs;

import org.jspecify.annotations.NullMarked;
