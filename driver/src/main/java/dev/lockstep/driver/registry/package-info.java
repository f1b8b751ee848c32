/**
 * The model registry: a folder on any Hadoop file system with immutable versions of a model and a
 * pointer to the one that serves. {@link dev.lockstep.driver.registry.ModelRegistry} reads it,
 * {@link dev.lockstep.driver.registry.RegistryWriter} changes it.
 *
 * <pre>
 *   versions/v000001/     the files of a model folder, lineage.json, statistics.json, decision.json,
 *                         and manifest.json with their sizes and SHA-256
 *   champion.json         which version serves, which served before, who moved the pointer and when
 *   decisions/DATE.json   what was decided for a run date
 *   running/DATE/         there while somebody retrains for a run date
 * </pre>
 *
 * <p>Place in the flow: behind training, before whatever serves models. May import {@code
 * driver.run} for the files of a model, {@code driver.folder} and {@code driver.secret}. Whatever
 * is read from a disk is distrusted.
 *
 * <p>Thread rule: readers need no lock and may be many; writers, in any number of processes, take
 * turns by the lock of the folder.
 */
package dev.lockstep.driver.registry;
