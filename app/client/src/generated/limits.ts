// Written by scripts/generate.mjs. Do not edit: run `make client`.

/** What each further position costs at most, where only accounts with fewer were measured. */
export const A_POSITION = 1000;
/** What looking for an address may cost besides, of instructions that create accounts. */
export const SEARCHING = 15000;
/** What the instructions that set the limit and the price of a unit cost. */
export const BUDGET = 300;
/** What an instruction of another program may use, where nobody says. */
export const FOREIGN = 200000;
/** The most compute units that a transaction can ask for. */
export const MOST_UNITS = 1400000;

/** Instructions that create accounts. */
export const CREATING: readonly string[] = ['add_market', 'create_clearinghouse', 'list_collateral', 'open_backstop', 'open_margin_account', 'open_triggers'];

/** Name and measured cases (positions, 0 where they do not matter; compute units) of each instruction, by the first eight
 * bytes of its data, in hexadecimal. */
export const MEASURED: Readonly<Record<string, readonly [string, readonly (readonly [number, number])[]]>> = {
  '6b56c65b210c6ba0': ['accept_authority', [[0, 1674]]],
  '2f2873c65b0cde31': ['accrue_interest', [[0, 2956]]],
  '5135868ef3492ab3': ['add_asset', [[0, 4463]]],
  '2989b97e458bfe37': ['add_market', [[0, 10238]]],
  '73eb2601733ada51': ['audit', [[0, 8570]]],
  'eee15f9ee36708c2': ['cancel_orders', [[8, 12479]]],
  'd08bf934f72139df': ['cancel_trigger', [[8, 1917]]],
  'ababa5344aa1aafc': ['catch_up', [[8, 3000]]],
  '69d729efa6cf0167': ['close_margin_account', [[0, 1317]]],
  'fd813524c60ec1ec': ['close_triggers', [[0, 882]]],
  'a498cf631eba13b6': ['collect_fees', [[0, 1350]]],
  'ce24a130cf777b76': ['create_clearinghouse', [[0, 29169]]],
  '9e7f1bdeb7b223c2': ['deleverage', [[8, 14200], [32, 31024], [48, 42237]]],
  'e3086fdc106a6730': ['deleverage_backstop', [[8, 10174], [32, 18636], [48, 24089]]],
  'f223c68952e1f2b6': ['deposit', [[1, 5523], [8, 5523], [16, 5523], [32, 5523], [64, 5523], [128, 5523]]],
  'fed0761dadf8c846': ['edit_order', [[8, 8685]]],
  '9e63c989c014ec88': ['execute_trigger', [[8, 12718]]],
  'e66648764d6f03e6': ['flag_account', [[1, 1634], [8, 2531], [16, 3563], [32, 5627], [64, 9755], [128, 17999]]],
  '3ad825a2c9321442': ['fund_insurance', [[0, 6444]]],
  '33f571e0857ad056': ['grow_market', [[0, 3813]]],
  'dfb3e27d302e274a': ['liquidate', [[1, 7170], [8, 10207], [16, 13989], [32, 21299], [64, 35858], [128, 64819]]],
  'a0c74e8d8c92a6d4': ['liquidate_collateral', [[0, 6903]]],
  '0125a4ec8cddd6b3': ['liquidate_slice', [[1, 8637], [8, 29510], [16, 53786], [32, 102754]]],
  '9be82fab7cce851b': ['list_collateral', [[0, 14750]]],
  'dbc20600a6985fd6': ['margin_view', [[1, 2749], [8, 4917], [16, 7461], [32, 12549], [64, 22725], [128, 42961]]],
  'dfb2d75eaac5faf2': ['migrate_risk_book', [[0, 79262]]],
  '94b6905bba0c7612': ['nominate_authority', [[0, 1777]]],
  'a7b9fc8ab945e01f': ['open_backstop', [[0, 6360]]],
  'fb3636e9b47dcb6b': ['open_margin_account', [[0, 7806]]],
  '3da7e57c31b0ce24': ['open_triggers', [[8, 7235]]],
  'd316ddfb4a79c12f': ['pause', [[0, 1667]]],
  '33c29baf6d82606a': ['place_order', [[8, 9286]]],
  '3c3f327b0cc53cbe': ['place_orders', [[8, 23273]]],
  'db4bc6ac57e8cd15': ['place_trigger', [[8, 2048]]],
  '1bd59fbf0c747079': ['prune_orders', [[8, 9444]]],
  '1a88848fec34b20c': ['refresh_prices', [[0, 20804]]],
  '3516f134a5a25dc2': ['resize_margin_account', [[0, 3523]]],
  'afe0141b6bedce9f': ['resolve_default', [[8, 24503], [32, 91279], [48, 139287]]],
  '153726d7c517afb3': ['set_asset_terms', [[0, 1794]]],
  'f21e2e4c6ceb80b5': ['set_delegate', [[0, 1242]]],
  '25aadc380c25ab2a': ['set_fee_discount', [[0, 1576]]],
  '93f332799aa4321e': ['set_guardian', [[0, 1775]]],
  'c8fc7a41ae5d2c81': ['set_market_terms', [[0, 2627]]],
  'e459fb72658cc87b': ['set_outflow_limit', [[0, 1885]]],
  '91decc2cf99b7adb': ['set_risk_terms', [[0, 2287]]],
  '4d706a1703f40ecb': ['settle_block_trade', [[1, 7495], [8, 22448], [16, 25848], [32, 32216], [64, 54369], [128, 101495]]],
  'fa141aebc9bd7039': ['settle_fills', [[8, 22439]]],
  'c1995fd8a60690d9': ['settle_market', [[0, 2792]]],
  '219c4adad72a70af': ['settle_position', [[0, 2547]]],
  '0931f2589c546d0f': ['sweep_dust', [[0, 2436]]],
  'b2901ad8f1bbce82': ['trade', [[8, 50793]]],
  'a334c8e78c0345ba': ['transfer', [[1, 3378], [8, 4643], [16, 6147], [32, 9155], [64, 15171], [128, 27101]]],
  'e04209464b515e58': ['update_funding', [[8, 2346]]],
  'b712469c946da122': ['withdraw', [[1, 7519], [8, 9681], [16, 12217], [32, 17289], [64, 27433], [128, 47607]]],
  'c6d4ab6d90d7ae59': ['withdraw_fees', [[0, 6944]]],
};
