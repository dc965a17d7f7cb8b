import Measure

@testable import SparseFormat
@testable import SparseStore

/// Measures the processor time per element of each inner loop of the engine, on the lists and vectors of a real store.
///
///     kernels STORE --queries queries.csr [--count 200] [--rounds 15]
///
/// STORE has term numbers, and exact vectors in addition to its lists. The engine must be built with `-enable-testing`,
/// because its loops are internal; `make bench-kernels` does this. `maxsim-kernels` measures the loops over token
/// vectors.
@main
struct Main {
    static func main() throws {
        var arguments = Arguments()
        guard let queryPath = try arguments.text("queries") else { throw Failure("--queries names a CSR file") }
        let count = try arguments.count("count", 200)
        let rounds = max(1, try arguments.count("rounds", 15))
        guard arguments.rest.count == 1 else { throw Failure("pass one store") }
        var configuration = Configuration()
        configuration.isReadOnly = true
        configuration.createsIfMissing = false
        let store = try Store.open(at: arguments.rest[0], configuration: configuration)
        defer { store.close() }
        try store.read { snapshot in
            let material = try Material(snapshot, CSRFile(path: queryPath), count: count)
            let kernels = try material.scanKernels() + material.vectorKernels()
            let cycle = nanosecondsPerCycle()
            let times = try Kernel.measure(kernels, rounds: rounds)
            print(
                """
                A window of \(material.segment.documentCount) documents, \(material.directory.count) terms and \
                \(material.directory.nonzeros) postings; \(material.queries.count) queries. A cycle takes \
                \(decimal(cycle)) ns. Medians of \(rounds) rounds.

                | kernel | data | element | ns | cycles | bytes | GB/s |
                |---|---|---|---|---|---|---|
                """)
            for (kernel, time) in zip(kernels, times) { print(kernel.row(time, cycle: cycle)) }
        }
    }
}
