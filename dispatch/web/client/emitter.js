/**
 * Listeners by the name of what they wait for.
 *
 * @template {Record<string, any>} Events what each name hands to its listeners
 */
export class Emitter {
  /** @type {Map<keyof Events, Set<(value: any) => void>>} */
  #listeners = new Map();

  /**
   * Calls `listener` whenever `name` happens. Returns a function that ends that.
   *
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {(value: Events[Name]) => void} listener
   * @returns {() => void}
   */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * Calls the listeners of `name` in the order in which they came. One that throws does not keep the others from hearing.
   *
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {Events[Name]} value
   */
  emit(name, value) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(value);
      } catch (error) {
        // Told as an uncaught error of its own, so that whoever wrote the listener sees it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
