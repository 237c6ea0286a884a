// Where no instructions multiply matrix tiles. Included after a vec header, inside its namespace.

inline constexpr bool kHasMatrixTiles = false;
struct MatrixTiles;
