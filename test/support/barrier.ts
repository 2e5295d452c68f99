/** Holds those who arrive until so many of them have; who comes later passes. */
export function barrier(many: number): { arrive(): Promise<void> } {
  const all = Promise.withResolvers<void>()
  let arrived = 0
  return {
    arrive: () => {
      arrived += 1
      if (arrived >= many) all.resolve()
      return all.promise
    },
  }
}
