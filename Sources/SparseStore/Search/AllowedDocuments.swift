/// The live documents of one window that a search may find.
struct AllowedDocuments: Sendable {
    let bitmap: Bitmap
    /// How many they are.
    let count: Int

    init(_ bitmap: Bitmap) {
        self.bitmap = bitmap
        count = bitmap.population
    }

    /// Their ordinals, ascending.
    var ordinals: [Int] {
        var ordinals: [Int] = []
        ordinals.reserveCapacity(count)
        bitmap.forEach { ordinals.append($0) }
        return ordinals
    }
}
