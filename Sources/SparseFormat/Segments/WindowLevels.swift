/// The levels of a window's lists: a posting's level says how much of its document's weight stands in heavier terms.
///
/// Lists hold their postings level by level, so that a scan which reads the first levels only reads what each document
/// is mostly about (the mass ratio pruning of SINDI, Li et al., ICDE 2026, decided at query time).
package enum WindowLevels {
    /// Levels of a window of `minimumDocuments` or more; smaller ones have one.
    package static let count = 8
    /// Below this a window is scanned whole: levels would cost more bytes than they spare.
    package static let minimumDocuments = 1_024
    /// A posting is of the first level whose bound its document's heavier terms' share of the mass stays under; of the
    /// last when it stays under none. How ties and rounding go, FORMAT.md says ("Directory").
    package static let bounds: [Float] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

    /// How many levels a window of so many documents has.
    package static func count(documents: Int) -> Int { documents < minimumDocuments ? 1 : count }
}
