import { View } from './view.tsx';

export const NotFound = () => (
  <View heading="There is nothing here">
    <p>
      The address is wrong, or what was here is gone. <a href="/">Go to your inbox</a>.
    </p>
  </View>
);
